// Memory that may fail and says so: views, lists of plain records, page regions, references.
// Allocations whose size a file or a caller decides go through here, never through a throwing
// `new`, and are counted.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace attune::runtime {

/// How often this thread's runtime calls have asked the system for memory.
uint64_t allocationCount();
/// Adds one to it.
void countAllocation();

/// Elements owned by somebody else.
template <typename T> class View {
public:
  View() = default;
  View(T *data, size_t size) : first(data), count(size) {}

  T *begin() const { return first; }
  T *end() const { return first + count; }
  T *data() const { return first; }
  size_t size() const { return count; }
  bool empty() const { return count == 0; }
  T &operator[](size_t index) const { return first[index]; }

private:
  T *first = nullptr;
  size_t count = 0;
};

/// A growing array of plain records. What may allocate returns false when memory ran out and
/// then leaves the list as it was.
template <typename T> class List {
  static_assert(std::is_trivially_copyable_v<T>, "elements are moved as bytes");

public:
  List() = default;
  List(const List &) = delete;
  List &operator=(const List &) = delete;
  List(List &&other) noexcept { swap(other); }
  List &operator=(List &&other) noexcept {
    swap(other);
    return *this;
  }
  ~List() { ::operator delete(first); }

  bool reserve(size_t wanted) {
    if (wanted <= room)
      return true;
    if (wanted > SIZE_MAX / 2 / sizeof(T))
      return false;
    size_t next = wanted < room * 2 ? room * 2 : wanted;
    countAllocation();
    T *data = static_cast<T *>(::operator new(next * sizeof(T), std::nothrow));
    if (!data)
      return false;
    if (count)
      std::memcpy(static_cast<void *>(data), first, count * sizeof(T));
    ::operator delete(first);
    first = data;
    room = next;
    return true;
  }

  bool push(const T &value) {
    T copy = value; // `value` may live in this list
    if (count == room && !reserve(count < 8 ? 8 : count + 1))
      return false;
    first[count++] = copy;
    return true;
  }

  bool append(const T *values, size_t number) {
    if (number > room - count && !reserve(count + number))
      return false;
    if (number)
      std::memcpy(static_cast<void *>(first + count), values, number * sizeof(T));
    count += number;
    return true;
  }

  /// New elements are value-initialised.
  bool resize(size_t wanted) {
    if (!reserve(wanted))
      return false;
    for (size_t i = count; i < wanted; ++i)
      first[i] = T();
    count = wanted;
    return true;
  }

  void pop() { --count; }
  void clear() { count = 0; }
  size_t size() const { return count; }
  bool empty() const { return count == 0; }
  T *data() { return first; }
  const T *data() const { return first; }
  T *begin() { return first; }
  T *end() { return first + count; }
  const T *begin() const { return first; }
  const T *end() const { return first + count; }
  T &operator[](size_t index) { return first[index]; }
  const T &operator[](size_t index) const { return first[index]; }
  View<const T> view() const { return {first, count}; }

private:
  void swap(List &other) {
    std::swap(first, other.first);
    std::swap(count, other.count);
    std::swap(room, other.room);
  }

  T *first = nullptr;
  size_t count = 0;
  size_t room = 0;
};

/// Kernels may read this many bytes past the end of the arena, an output that a session owns,
/// or a constant; never past a buffer of the caller.
inline constexpr size_t kOverRead = 64;

/// Maps `bytes` of a file from `offset` (a multiple of the page size), or of fresh memory with
/// descriptor -1; null when the system refuses. Ranges of kHugePage and more lie so that the
/// system can back them with huge pages, and ask for them: matrices walked by rows of pages
/// otherwise wait for address translation, in virtual machines most of all.
void *mapPages(uint64_t bytes, int protection, int flags, int descriptor, int64_t offset);

/// Page-aligned memory of its own; its contents are lost when it grows.
class PageRegion {
public:
  PageRegion() = default;
  PageRegion(const PageRegion &) = delete;
  PageRegion &operator=(const PageRegion &) = delete;
  ~PageRegion() { release(); }

  /// At least `bytes` plus kOverRead; false when the system has not got them.
  bool ensure(uint64_t bytes);
  void release();
  void *data() const { return base; }
  uint64_t size() const { return usable; }

private:
  void *base = nullptr;
  uint64_t mapped = 0;
  uint64_t usable = 0;
};

/// Something several owners share; the last one deletes it.
template <typename T> class Ref {
public:
  Ref() = default;
  /// Takes over one reference.
  explicit Ref(T *object) : object(object) {}
  Ref(const Ref &other) : object(other.object) {
    if (object)
      object->references.fetch_add(1, std::memory_order_relaxed);
  }
  Ref(Ref &&other) noexcept : object(std::exchange(other.object, nullptr)) {}
  Ref &operator=(Ref other) noexcept {
    std::swap(object, other.object);
    return *this;
  }
  ~Ref() {
    if (object && object->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete object;
  }

  T *get() const { return object; }
  T *operator->() const { return object; }
  T &operator*() const { return *object; }
  explicit operator bool() const { return object != nullptr; }

private:
  T *object = nullptr;
};

} // namespace attune::runtime
