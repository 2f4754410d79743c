// What the tests of the codecs have in common: hex, encoding into a vector, and feeding a decoder
// every truncation and every damaged byte of a valid message.
#ifndef SLUICE_TESTS_PROTO_TESTING_CODEC_H_
#define SLUICE_TESTS_PROTO_TESTING_CODEC_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

using Bytes = std::vector<uint8_t>;

// Spaces and line ends are for the reader.
inline Bytes FromHex(absl::string_view hex) {
  std::string digits;
  for (const char c : hex) {
    if (c != ' ' && c != '\n') digits.push_back(c);
  }
  const std::string bytes = absl::HexStringToBytes(digits);
  return Bytes(bytes.begin(), bytes.end());
}

inline std::string ToHex(absl::Span<const uint8_t> bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

inline Bytes BytesOf(absl::string_view text) { return Bytes(text.begin(), text.end()); }

// What `encode(Writer&)` writes; empty if it failed the writer.
template <typename Encode>
Bytes Written(Encode encode) {
  Bytes buffer(1 << 17);
  Writer w(absl::MakeSpan(buffer));
  encode(w);
  buffer.resize(w.ok() ? w.size() : 0);
  return buffer;
}

template <typename T>
Bytes Encoded(const T& value) {
  return Written([&value](Writer& w) { value.Encode(w); });
}

// Calls `decode(Span)` with a copy in memory of its own size, so that a sanitizer sees a read
// beyond the end.
template <typename Decode>
bool DecodesCopy(absl::Span<const uint8_t> bytes, Decode decode) {
  const auto copy = std::make_unique<uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  return decode(absl::Span<const uint8_t>(copy.get(), bytes.size()));
}

// The lengths below the whole that `decode` takes.
template <typename Decode>
std::vector<size_t> AcceptedTruncations(absl::Span<const uint8_t> bytes, Decode decode) {
  std::vector<size_t> accepted;
  for (size_t length = 0; length < bytes.size(); ++length) {
    if (DecodesCopy(bytes.subspan(0, length), decode)) accepted.push_back(length);
  }
  return accepted;
}

// Decodes with each byte in turn damaged in several ways, whole and cut short. The result does not
// matter; that nothing is read or written where it should not be does.
template <typename Decode>
void DecodeDamaged(const Bytes& bytes, Decode decode) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const uint8_t damage : {0x01, 0x10, 0x80, 0xFF}) {
      Bytes damaged = bytes;
      damaged[i] ^= damage;
      DecodesCopy(damaged, decode);
      damaged.resize(bytes.size() - bytes.size() / 4);
      DecodesCopy(damaged, decode);
    }
  }
}

// For types with static bool Decode(Span, T*).
template <typename T>
bool Decodes(absl::Span<const uint8_t> bytes) {
  return DecodesCopy(bytes, [](absl::Span<const uint8_t> copy) {
    T out;
    return T::Decode(copy, &out);
  });
}

template <typename T>
std::vector<size_t> AcceptedTruncationsOf(absl::Span<const uint8_t> bytes) {
  return AcceptedTruncations(bytes, [](absl::Span<const uint8_t> copy) {
    T out;
    return T::Decode(copy, &out);
  });
}

template <typename T>
void DecodeDamagedOf(const Bytes& bytes) {
  DecodeDamaged(bytes, [](absl::Span<const uint8_t> copy) {
    T out;
    return T::Decode(copy, &out);
  });
}

}  // namespace sluice::proto

#endif  // SLUICE_TESTS_PROTO_TESTING_CODEC_H_
