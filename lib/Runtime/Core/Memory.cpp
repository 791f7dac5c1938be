// Page regions and the count of allocations.

#include "attune/Runtime/Core/Memory.h"

#include <sys/mman.h>
#include <unistd.h>

using namespace attune::runtime;

static thread_local uint64_t allocations = 0;

uint64_t attune::runtime::allocationCount() { return allocations; }

void attune::runtime::countAllocation() { ++allocations; }

bool PageRegion::ensure(uint64_t bytes) {
  if (base && bytes <= usable)
    return true;
  uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  if (bytes > SIZE_MAX / 4)
    return false;
  uint64_t wanted = (bytes + kOverRead + page - 1) / page * page;
  release();
  countAllocation();
  void *data = mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED)
    return false;
  base = data;
  mapped = wanted;
  usable = wanted - kOverRead;
  return true;
}

void PageRegion::release() {
  if (base)
    munmap(base, mapped);
  base = nullptr;
  mapped = usable = 0;
}
