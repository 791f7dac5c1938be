// Expressions from text, as the tests of symbolic sizes write them.
#pragma once

#include "attune/Support/SymbolicExpression.h"

#include <gtest/gtest.h>

#include <string>

/// What an expression's text reads as; "nothing" when it does not parse.
inline std::string canonical(llvm::StringRef text) {
  auto value = attune::SymbolicExpression::parse(text);
  return value ? value->str() : "nothing";
}

/// The expression of a text that parses.
inline attune::SymbolicExpression get(llvm::StringRef text) {
  auto value = attune::SymbolicExpression::parse(text);
  EXPECT_TRUE(value) << text.str();
  return value.value_or(attune::SymbolicExpression::invalid());
}
