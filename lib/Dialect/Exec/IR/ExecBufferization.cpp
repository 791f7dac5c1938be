// Teaches one-shot-bufferize the exec ops: constants and outputs are buffers of their own,
// a reshape is an alias, a dispatch writes its destinations.
#include "attune/Dialect/Exec/IR/ExecDialect.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/IR/DialectRegistry.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace attune::exec;

static MemRefType contiguous(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return MemRefType::get(tensor.getShape(), tensor.getElementType());
}

namespace {
struct ConstantModel : BufferizableOpInterface::ExternalModel<ConstantModel, ConstantOp> {
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &,
                          BufferizationState &) const {
    auto constant = cast<ConstantOp>(op);
    auto buffer = ConstantOp::create(rewriter, op->getLoc(), contiguous(constant.getType()),
                                     constant.getValue());
    replaceOpWithBufferizedValues(rewriter, op, buffer.getResult());
    return success();
  }
  bool isWritable(Operation *, Value, const AnalysisState &) const { return false; }
};

struct OutputModel : BufferizableOpInterface::ExternalModel<OutputModel, OutputOp> {
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &,
                          BufferizationState &) const {
    auto output = cast<OutputOp>(op);
    auto buffer = OutputOp::create(rewriter, op->getLoc(), contiguous(output.getType()),
                                   output.getIndex(), output.getSizes());
    replaceOpWithBufferizedValues(rewriter, op, buffer.getResult());
    return success();
  }
  bool isWritable(Operation *, Value, const AnalysisState &) const { return true; }
};

struct ReshapeModel : BufferizableOpInterface::ExternalModel<ReshapeModel, ReshapeOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &, const AnalysisState &) const {
    return false;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &, const AnalysisState &) const {
    return false;
  }
  AliasingValueList getAliasingValues(Operation *op, OpOperand &, const AnalysisState &) const {
    return {{op->getResult(0), BufferRelation::Equivalent}};
  }
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options, BufferizationState &state) const {
    auto reshape = cast<ReshapeOp>(op);
    FailureOr<Value> source = getBuffer(rewriter, reshape.getSource(), options, state);
    if (failed(source))
      return failure();
    auto buffer = ReshapeOp::create(rewriter, op->getLoc(), contiguous(reshape.getType()), *source,
                                    reshape.getSizes());
    replaceOpWithBufferizedValues(rewriter, op, buffer.getResult());
    return success();
  }
};

struct DispatchModel : DstBufferizableOpInterfaceExternalModel<DispatchModel, DispatchOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    // Kernels overwrite their outputs without reading them.
    return cast<DispatchOp>(op).isDpsInput(&operand);
  }
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options, BufferizationState &state) const {
    auto dispatch = cast<DispatchOp>(op);
    auto buffers = [&](ValueRange values, SmallVectorImpl<Value> &out) {
      for (Value value : values) {
        FailureOr<Value> buffer = getBuffer(rewriter, value, options, state);
        if (failed(buffer))
          return failure();
        out.push_back(*buffer);
      }
      return success();
    };
    SmallVector<Value> inputs, outputs;
    if (failed(buffers(dispatch.getInputs(), inputs)) ||
        failed(buffers(dispatch.getOutputs(), outputs)))
      return failure();
    DispatchOp::create(rewriter, op->getLoc(), TypeRange(), dispatch.getKernels(), inputs, outputs,
                       dispatch.getWords());
    replaceOpWithBufferizedValues(rewriter, op, outputs);
    return success();
  }
};
} // namespace

void attune::exec::registerBufferizableOpInterfaces(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, ExecDialect *) {
    ConstantOp::attachInterface<ConstantModel>(*context);
    OutputOp::attachInterface<OutputModel>(*context);
    ReshapeOp::attachInterface<ReshapeModel>(*context);
    DispatchOp::attachInterface<DispatchModel>(*context);
  });
}
