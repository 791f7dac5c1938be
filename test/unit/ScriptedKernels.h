// What the host function of ScriptedKernels.cpp does, by the first dimension of its input. The
// second one, less one, is the number that it does it with.
#pragma once

#include <cstdint>

namespace attune::test {

enum class Script : int64_t {
  Nothing,
  Input,           ///< asks for input number
  Constant,        ///< asks for constant number
  Output,          ///< makes output number
  OutputTwice,     ///< makes output 0 twice
  NoOutput,        ///< makes none
  OutputRows,      ///< makes output 0 of [number, 2]
  OutputColumns,   ///< makes output 0 of [1, number]
  Guard,           ///< says that guard number does not hold
  Allocate,        ///< asks for that many bytes
  AllocateTwice,   ///< two temporaries of that many bytes, alive together
  AllocateChain,   ///< four of that many bytes, each alive with the next one
  AllocateAndIdle, ///< one of that many bytes that nothing uses
  Dispatch,        ///< dispatch number
  Select,          ///< has variant number chosen
  Grid,            ///< of number tasks
  NullKernel,      ///< has a kernel chosen that is not there
  Handle,          ///< uses a base with that number
  Offset,          ///< uses constant 0, moved by number bytes
  CopyRank,        ///< copies with that rank
  CopyElement,     ///< copies elements of that many bytes
  CopyRows,        ///< copies number elements
  CopyOntoItself,  ///< copies a buffer to itself, moved by number elements
  CopyTransposed,  ///< copies a buffer to itself with other strides
  Handles,         ///< asks for constant 0 that many times
};

} // namespace attune::test
