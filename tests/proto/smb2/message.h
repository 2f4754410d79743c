// Messages as bytes, for the tests of the SMB2 codecs.
#ifndef SLUICE_TESTS_PROTO_SMB2_MESSAGE_H_
#define SLUICE_TESTS_PROTO_SMB2_MESSAGE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "proto/smb2/file_id.h"
#include "proto/smb2/header.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

using Bytes = std::vector<uint8_t>;

// As hex: 0102030405060708 1112131415161718.
inline constexpr FileId kTestFileId{0x0807060504030201, 0x1817161514131211};

// Spaces and line ends in `hex` are for the reader.
Bytes FromHex(absl::string_view hex);
std::string ToHex(absl::Span<const uint8_t> bytes);
// `hex` as ToHex would write it.
std::string Hex(absl::string_view hex);
Bytes FromUtf8(absl::string_view text);  // UTF-16LE

// A header and this body.
Bytes MessageOf(const Bytes& body);
Bytes MessageFromHex(absl::string_view body);

// Writes into the middle of a message.
void Put8(size_t offset, uint8_t value, Bytes* message);
void Put16(size_t offset, uint16_t value, Bytes* message);
void Put32(size_t offset, uint32_t value, Bytes* message);

// A header and `body` as it encodes itself.
template <typename T>
Bytes Encoded(const T& body) {
  Bytes buffer(1 << 18);
  Writer w(absl::MakeSpan(buffer));
  Header().Encode(w);
  body.Encode(w);
  EXPECT_TRUE(w.ok());
  buffer.resize(w.size());
  return buffer;
}

template <typename T>
std::string BodyHex(const T& body) {
  const Bytes message = Encoded(body);
  return ToHex(absl::MakeConstSpan(message).subspan(kHeaderBytes));
}

// Whether T takes the message; from memory of its own, so that a read beyond the end is seen.
template <typename T>
bool Decodes(absl::Span<const uint8_t> message) {
  const auto copy = std::make_unique<uint8_t[]>(message.size());
  std::copy(message.begin(), message.end(), copy.get());
  T out;
  return T::Decode({copy.get(), message.size()}, &out);
}

}  // namespace sluice::proto

#endif  // SLUICE_TESTS_PROTO_SMB2_MESSAGE_H_
