// Page regions and the count of allocations.

#include "attune/Runtime/Core/Memory.h"

#include "attune/Runtime/Core/ArtifactFormat.h"

#include <sys/mman.h>
#include <unistd.h>

using namespace attune::runtime;

static thread_local uint64_t allocations = 0;

uint64_t attune::runtime::allocationCount() { return allocations; }

void attune::runtime::countAllocation() { ++allocations; }

void *attune::runtime::mapPages(uint64_t bytes, int protection, int flags, int descriptor,
                                int64_t offset) {
  auto map = [&](void *place, int more) {
    void *data = mmap(place, bytes, protection, flags | more, descriptor, offset);
    return data == MAP_FAILED ? nullptr : data;
  };
  if (bytes < kHugePage || bytes > SIZE_MAX / 2)
    return map(nullptr, 0);
  // Reserved with room to move: address and offset must agree within a huge page.
  uint64_t reserved = bytes + kHugePage;
  void *room =
      mmap(nullptr, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED)
    return map(nullptr, 0);
  uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  auto begin = reinterpret_cast<uintptr_t>(room);
  uint64_t shift = (static_cast<uint64_t>(offset) - begin) % kHugePage;
  uint64_t end = (shift + bytes + page - 1) / page * page;
  void *data = map(static_cast<char *>(room) + shift, MAP_FIXED);
  if (!data) {
    munmap(room, reserved);
    return nullptr;
  }
  if (shift)
    munmap(room, shift);
  if (end < reserved)
    munmap(static_cast<char *>(room) + end, reserved - end);
  madvise(data, bytes, MADV_HUGEPAGE); // a wish: systems without them give small ones
  return data;
}

bool PageRegion::ensure(uint64_t bytes) {
  if (base && bytes <= usable)
    return true;
  uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  if (bytes > SIZE_MAX / 4)
    return false;
  uint64_t wanted = (bytes + kOverRead + page - 1) / page * page;
  release();
  countAllocation();
  void *data = mapPages(wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!data)
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
