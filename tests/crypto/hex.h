// Hexadecimal text to bytes, for vectors.
#ifndef SLUICE_TESTS_CRYPTO_HEX_H_
#define SLUICE_TESTS_CRYPTO_HEX_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sluice::crypto {

using Bytes = std::vector<uint8_t>;

// Both cases; anything that is no digit is skipped.
inline Bytes Hex(absl::string_view text) {
  Bytes bytes;
  int high = -1;
  for (char c : text) {
    int digit;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      continue;
    }
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  return bytes;
}

// The characters of `text` as bytes, with a terminating zero where `text` is given one.
inline Bytes Text(absl::string_view text) { return Bytes(text.begin(), text.end()); }

// For comparing arrays, spans and vectors alike.
inline Bytes Copy(absl::Span<const uint8_t> bytes) { return Bytes(bytes.begin(), bytes.end()); }

}  // namespace sluice::crypto

#endif  // SLUICE_TESTS_CRYPTO_HEX_H_
