// Attributes of the exec dialect.
#ifndef ATTUNE_DIALECT_EXEC_IR_EXECATTRS_TD
#define ATTUNE_DIALECT_EXEC_IR_EXECATTRS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"

def Exec_Dialect : Dialect {
  let name = "exec";
  let cppNamespace = "::attune::exec";
  let summary = "what the host does: dispatches over buffers it plans";
  let description = [{
    Tensor form: one public host function of index scalars and `exec.dispatch`, and a nested
    `module @kernels` of functions. A kernel takes memrefs (inputs, then outputs), then
    index words; its attribute `exec.words` names each word's symbolic expression.
  }];
  let useDefaultAttributePrinterParser = 1;
}

def Exec_ScheduleAttr : AttrDef<Exec_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "how a kernel is cut: data that tuning may change";
  let description = [{
    `task` is the tile of one task per parallel loop of the root (0: not cut), for a contraction
    followed by the least number of rows that a task has and, where the tiles of a task take the
    steps of the sums in blocks, the steps of a block; `vector` the register tile over all loops
    of the root; `variant` names the specialisation.
  }];
  let parameters = (ins OptionalArrayRefParameter<"int64_t">:$task,
                        OptionalArrayRefParameter<"int64_t">:$vector,
                        StringRefParameter<"name of the variant">:$variant);
  let assemblyFormat = [{
    `<` `task` `=` `[` (`]`) : ($task^ `]`)? `vector` `=` `[` (`]`) : ($vector^ `]`)? `variant` `=` $variant `>`
  }];
}

#endif
