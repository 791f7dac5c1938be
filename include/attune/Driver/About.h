// What this attune is and what it can do here: `--version`, `devices`, `passes`.
#pragma once

#include "attune/Driver/Json.h"
#include "attune/Support/Error.h"

#include <string>
#include <vector>

namespace attune::driver {

/// {attune, llvm, onnx, opsets{}, artifact_format, targets[]}
Json versionJson();
/// {devices[{target, name, features[], threads, available, reason}]}
Json devicesJson();
/// {passes[{name, description}]} in the order of their names, those of plugins too.
Error listPasses(const std::vector<std::string> &plugins, Json &report);

} // namespace attune::driver
