// Writes the tiny model's artefact for programs that are not C++: write_tiny OUT.attune
#include "TinyModel.h"

#include <cstdio>

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  attune::Error error =
      attune::test::writeTiny(argv[1], TINY_KERNELS, attune::test::tinyDescription());
  if (error.failed())
    std::fprintf(stderr, "%s\n", error.message.c_str());
  return static_cast<int>(error.code);
}
