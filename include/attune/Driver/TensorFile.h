// Tensors in files: NumPy's .npy and ONNX's TensorProto (.pb). Both readers trust nothing: what
// a header claims is checked against the file's size before memory is spent.
#pragma once

#include "attune/Driver/Tensor.h"

#include <string_view>

namespace attune::driver {

/// Reads `path` by its ending, .npy or .pb.
Error readTensorFile(const std::string &path, Tensor &tensor);

/// Parses the bytes of an .npy file (versions 1 to 3, little-endian; Fortran order is turned).
Error parseNpy(std::string_view bytes, Tensor &tensor);
/// Parses a serialised TensorProto.
Error parseTensorProto(std::string_view bytes, Tensor &tensor);
/// The .npy file of a tensor (bfloat16 as '<V2', as ml_dtypes writes it).
std::string formatNpy(const Tensor &tensor);

/// Writes `tensor` as .npy, aside first and renamed.
Error writeNpy(const std::string &path, const Tensor &tensor);

/// A file's name for a tensor's name: characters that are unsafe in a name become `_`.
std::string safeFileName(std::string_view name);

} // namespace attune::driver
