// Private to the C interfaces: each thread's last error, shared by runtime and compiler.
#pragma once

#include "attune-c/Runtime.h"
#include "attune/Support/Error.h"

namespace attune::capi {

/// Keeps a failure as this thread's last error and gives its status; Ok keeps the former one.
attuneStatus report(Error error);

} // namespace attune::capi
