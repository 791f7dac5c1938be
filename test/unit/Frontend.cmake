# Reading models, and the files and weights below it.
attune_unit_test(SupportFilesTest SupportFilesTest.cpp SupportWeightsTest.cpp LINK AttuneSupport)
attune_unit_test(FrontendReaderTest FrontendLayoutTest.cpp FrontendReaderTest.cpp
  FrontendTensorTest.cpp LINK AttuneFrontend ONNX::onnx)
# The reader's parts have no public headers.
target_include_directories(FrontendReaderTest PRIVATE ${CMAKE_SOURCE_DIR}/lib/Frontend/ONNX)
