// As much DER as SPNEGO needs: tag, definite length, contents. X.690 8.1 and 10.1.
#ifndef SLUICE_PROTO_AUTH_DER_H_
#define SLUICE_PROTO_AUTH_DER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sluice::proto {

namespace der {
inline constexpr uint8_t kBitString = 0x03;
inline constexpr uint8_t kOctetString = 0x04;
inline constexpr uint8_t kObjectIdentifier = 0x06;
inline constexpr uint8_t kEnumerated = 0x0A;
inline constexpr uint8_t kGeneralString = 0x1B;
inline constexpr uint8_t kSequence = 0x30;
// [APPLICATION 0], constructed: the InitialContextToken of GSS-API.
inline constexpr uint8_t kApplication0 = 0x60;
// [n], constructed. REQUIRES: n < 31.
constexpr uint8_t Context(uint8_t n) { return 0xA0 | n; }
}  // namespace der

// Takes elements off the front of a buffer that outlives it. Sticky: after an error every getter
// gives nothing. Indefinite lengths, tags above 30 and lengths beyond the buffer are errors;
// lengths in more bytes than needed are taken, since old Windows versions send them.
class DerReader {
 public:
  explicit DerReader(absl::Span<const uint8_t> bytes) : rest_(bytes) {}

  // The tag of the next element; 0 at the end.
  uint8_t PeekTag() const { return rest_.empty() ? 0 : rest_[0]; }
  // The contents of the next element, whose tag must be `tag`.
  absl::Span<const uint8_t> Take(uint8_t tag);
  // If the next element has another tag or there is none, that is no error: false.
  bool TakeIf(uint8_t tag, absl::Span<const uint8_t>* contents);
  // The same as Take() with tag and length bytes in front.
  absl::Span<const uint8_t> TakeWhole(uint8_t tag);
  void SkipAny();

  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }
  void Fail();

 private:
  // Finds where the contents of the next element begin and how long they are.
  bool Measure(size_t* header_bytes, size_t* contents_bytes) const;

  absl::Span<const uint8_t> rest_;
  bool ok_ = true;
};

// Appends an element with these contents.
void AppendDer(uint8_t tag, absl::Span<const uint8_t> contents, std::vector<uint8_t>* out);

// An element around `contents`.
std::vector<uint8_t> WrapDer(uint8_t tag, absl::Span<const uint8_t> contents);

inline absl::Span<const uint8_t> AsBytes(absl::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline absl::string_view AsText(absl::Span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_AUTH_DER_H_
