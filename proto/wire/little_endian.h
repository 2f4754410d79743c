// Integers in little endian, as they are on the wire, at any alignment.
#ifndef SLUICE_PROTO_WIRE_LITTLE_ENDIAN_H_
#define SLUICE_PROTO_WIRE_LITTLE_ENDIAN_H_

#include <bit>
#include <cstring>

namespace sluice::proto {

// GCC 12 leaves loops over an integer's bytes as they are; a copy is one instruction.
static_assert(std::endian::native == std::endian::little, "Load and Store copy");

// REQUIRES: sizeof(T) bytes at `from`.
template <typename T>
T LoadLittleEndian(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

// REQUIRES: room for sizeof(T) bytes at `to`.
template <typename T>
void StoreLittleEndian(T value, void* to) {
  std::memcpy(to, &value, sizeof(value));
}

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_WIRE_LITTLE_ENDIAN_H_
