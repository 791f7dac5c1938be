// Tensors as attributes: what is small is dense, what is large stays in its file.
#include "Builder.h"
#include "Failure.h"

#include "attune/Dialect/Transformer/IR/TransformerDialect.h"
#include "attune/Support/Hash.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/APInt.h"

using namespace mlir;

namespace attune::frontend {

/// Payloads over this size are kept by reference.
static constexpr uint64_t kDenseBytes = 64 * 1024;

Constants::Constants(MLIRContext *context, const Source &source, std::vector<Payload> &payloads,
                     const Limits &limits)
    : context(context), source(source), payloads(payloads), limits(limits) {}

Payload *Constants::payloadOf(const pb::TensorProto &tensor) {
  if (tensor.data_location() != pb::TensorProto::EXTERNAL)
    return nullptr;
  // The reader wrote these entries; a file cannot.
  size_t index = payloads.size();
  if (tensor.external_data_size() == 1 && tensor.external_data(0).key() == kPayloadKey)
    llvm::StringRef(tensor.external_data(0).value()).getAsInteger(10, index);
  if (index >= payloads.size())
    fail(ErrorCode::Internal, "tensor " + quote(tensor.name()) + " lost its payload");
  return &payloads[index];
}

Constants::File &Constants::open(const Payload &payload) {
  auto [entry, isNew] = files.try_emplace(payload.location);
  File &file = entry->second;
  if (!isNew)
    return file;
  Error error;
  file.name = payload.location;
  file.map = FileMap::openBeneath(source.folder, payload.location, FileMap::HardLinks::Refuse,
                                  limits.fileBytes, error);
  if (!file.map) {
    error.message = "tensor " + quote(payload.tensor) + ": " + printable(error.message, 1000);
    throw Failure{error};
  }
  return file;
}

llvm::ArrayRef<uint8_t> Constants::bytesOf(Payload &payload, File **file) {
  if (payload.place == Payload::Place::Memory)
    return {reinterpret_cast<const uint8_t *>(payload.memory.data()), payload.memory.size()};
  if (payload.place == Payload::Place::Model) {
    *file = &files[""];
    return source.bytes.slice(payload.offset, payload.bytes);
  }
  *file = &open(payload);
  llvm::ArrayRef<uint8_t> all = (*file)->map->bytes();
  if (payload.offset > all.size() || payload.bytes > all.size() - payload.offset)
    fail(ErrorCode::Malformed,
         "tensor " + quote(payload.tensor) + " needs " + llvm::Twine(payload.bytes) +
             " bytes at offset " + llvm::Twine(payload.offset) + " of external data " +
             quote(payload.location) + ", which has only " + llvm::Twine(all.size()) + " bytes",
         "the file may be incomplete: copy or download it again");
  return all.slice(payload.offset, payload.bytes);
}

void Constants::inlineSmall(pb::TensorProto &tensor) {
  Payload *payload = payloadOf(tensor);
  if (!payload || payload->bytes > kInlineBytes || payload->place != Payload::Place::External)
    return;
  File *file;
  llvm::ArrayRef<uint8_t> bytes = bytesOf(*payload, &file);
  tensor.set_raw_data(bytes.data(), bytes.size());
  tensor.clear_external_data();
  tensor.clear_data_location();
}

void Constants::inlineSmall(pb::GraphProto &graph) {
  for (pb::TensorProto &tensor : *graph.mutable_initializer())
    inlineSmall(tensor);
  for (pb::NodeProto &node : *graph.mutable_node())
    for (pb::AttributeProto &attribute : *node.mutable_attribute()) {
      if (attribute.has_t())
        inlineSmall(*attribute.mutable_t());
      for (pb::TensorProto &tensor : *attribute.mutable_tensors())
        inlineSmall(tensor);
      if (attribute.has_g())
        inlineSmall(*attribute.mutable_g());
      for (pb::GraphProto &inner : *attribute.mutable_graphs())
        inlineSmall(inner);
    }
}

Attribute Constants::reference(const Payload &payload, llvm::ArrayRef<uint8_t> bytes, File *file,
                               RankedTensorType type) {
  std::string &hash = hashes[{bytes.data(), bytes.size()}];
  const FileMap *map = file->map ? file->map.get() : source.map;
  if (hash.empty()) {
    // Tensors may share bytes, but a file of overlaps would be hashed without end.
    file->referenced += bytes.size();
    uint64_t size = map->bytes().size();
    if (file->referenced / 4 > size)
      fail(ErrorCode::Limit, "the tensors in " + quote(file->map ? file->name : source.file) +
                                 " overlap: together they are over four times as large as the "
                                 "file of " +
                                 llvm::Twine(size) + " bytes");
    hash = hashText(hashBytes(bytes));
    map->drop(bytes);
  }
  uint64_t offset = bytes.data() - map->bytes().data();
  llvm::StringRef name = file->map ? llvm::StringRef(file->name) : llvm::StringRef(source.file);
  return transformer::WeightAttr::get(context, name, offset, payload.bytes, hash, type, {});
}

DenseElementsAttr denseFromRaw(RankedTensorType type, llvm::ArrayRef<uint8_t> raw) {
  Type element = type.getElementType();
  int64_t count = type.getNumElements();
  if (count == 0)
    return DenseElementsAttr::get(type, llvm::ArrayRef<Attribute>());
  if (element.isInteger(1)) {
    SmallVector<bool> values;
    for (uint8_t byte : raw)
      values.push_back(byte != 0);
    return DenseElementsAttr::get(type, values);
  }
  unsigned bits = element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 64;
  if (bits >= 8)
    return DenseElementsAttr::getFromRawBuffer(
        type, {reinterpret_cast<const char *>(raw.data()), raw.size()});
  SmallVector<llvm::APInt> values;
  for (int64_t i = 0; i < count; ++i) {
    int64_t bit = i * bits;
    values.emplace_back(bits, (raw[bit / 8] >> (bit % 8)) & ((1u << bits) - 1));
  }
  auto floatType = dyn_cast<FloatType>(element);
  if (!floatType)
    return DenseElementsAttr::get(type, values);
  SmallVector<llvm::APFloat> floats;
  for (const llvm::APInt &value : values)
    floats.emplace_back(floatType.getFloatSemantics(), value);
  return DenseElementsAttr::get(type, floats);
}

Attribute Constants::convert(const pb::TensorProto &tensor, const NodeName &where,
                             const llvm::Twine &what, RankedTensorType &type) {
  Type element = elementType(context, tensor.data_type(), where, what);
  type = RankedTensorType::get(llvm::to_vector(tensor.dims()), element);
  llvm::ArrayRef<uint8_t> bytes(reinterpret_cast<const uint8_t *>(tensor.raw_data().data()),
                                tensor.raw_data().size());
  if (Payload *payload = payloadOf(tensor)) {
    File *file = nullptr;
    bytes = bytesOf(*payload, &file);
    bool inFile = file && (file->map || source.map);
    if (inFile && payload->bytes > kDenseBytes)
      return reference(*payload, bytes, file, type);
  }
  denseBytes += bytes.size();
  if (denseBytes > limits.constantBytes)
    failLimit("the tensors that stay in memory are too large", limits.constantBytes,
              "constant-bytes");
  return denseFromRaw(type, bytes);
}

} // namespace attune::frontend
