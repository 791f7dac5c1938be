// One table of the element types.

#include "attune/Runtime/Core/ElementType.h"

using namespace attune::runtime;

namespace {
struct TypeRow {
  ElementType type;
  uint32_t bytes;
  const char *name;
};

const TypeRow kTypes[] = {
    {ElementType::Float32, 4, "float32"},   {ElementType::UInt8, 1, "uint8"},
    {ElementType::Int8, 1, "int8"},         {ElementType::UInt16, 2, "uint16"},
    {ElementType::Int16, 2, "int16"},       {ElementType::Int32, 4, "int32"},
    {ElementType::Int64, 8, "int64"},       {ElementType::Bool, 1, "bool"},
    {ElementType::Float16, 2, "float16"},   {ElementType::Float64, 8, "float64"},
    {ElementType::UInt32, 4, "uint32"},     {ElementType::UInt64, 8, "uint64"},
    {ElementType::BFloat16, 2, "bfloat16"},
};
} // namespace

uint32_t attune::runtime::elementBytes(ElementType type) {
  for (const TypeRow &row : kTypes)
    if (row.type == type)
      return row.bytes;
  return 0;
}

const char *attune::runtime::elementName(ElementType type) {
  for (const TypeRow &row : kTypes)
    if (row.type == type)
      return row.name;
  return "unknown";
}
