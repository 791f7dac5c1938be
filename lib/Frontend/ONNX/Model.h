// The steps between a skeleton and the ONNX form, on the ONNX library's own structures. Each
// throws Failure; the order in which they are listed is the order in which they must run.
#pragma once

#include "attune/Frontend/ONNX/Limits.h"

#include "attune/Support/Diagnostics.h"

#include "Reader.h"

#include "onnx/onnx_pb.h"

#include <map>
#include <string>
#include <unordered_map>

namespace attune::frontend {

namespace pb = ::onnx;

/// The opsets of the standard domain that attune reads.
inline constexpr int64_t kOldestOpset = 7;
inline constexpr int64_t kNewestOpset = 28;

/// How messages and locations call a node: its name, or "<type>_<index>" when it has none.
NodeName nameOf(const pb::NodeProto &node, int index);

/// Parses a skeleton; it can fail only through a defect of the reader.
pb::ModelProto parseSkeleton(const Skeleton &skeleton, const Limits &limits);

/// Checks IR version and opsets, and gives domain "ai.onnx" its other name "".
void checkVersions(pb::ModelProto &model);

/// Replaces calls of model functions by their bodies.
void inlineFunctions(pb::ModelProto &model, const Limits &limits);

/// Checks that every value has one definition, visible where it is used; puts nodes in order,
/// refusing cycles; renames values of subgraphs so that names are unique in the model.
void resolveNames(pb::GraphProto &graph);

/// Checks each node against its operator's schema, where the library knows one.
void checkNodes(const pb::ModelProto &model);

/// The types of values by name, after shape inference.
using ValueTypes = std::unordered_map<std::string, pb::TypeProto>;

/// Runs the library's shape inference, with bounds on what a node may ask of it. Types that
/// the file states are used only where inference knows nothing. Subgraphs get types in place.
ValueTypes inferTypes(pb::ModelProto &model, const Limits &limits);

/// The opset version that the model imports for a domain, or -1.
int64_t opsetOf(const pb::ModelProto &model, const std::string &domain);

} // namespace attune::frontend
