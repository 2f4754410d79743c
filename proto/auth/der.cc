#include "proto/auth/der.h"

namespace sluice::proto {
namespace {

constexpr uint8_t kLongForm = 0x80;
constexpr uint8_t kTagNumberMask = 0x1F;
// No token is longer than 16 MiB.
constexpr size_t kLengthBytesMax = 4;

}  // namespace

void DerReader::Fail() {
  ok_ = false;
  rest_ = {};
}

bool DerReader::Measure(size_t* header_bytes, size_t* contents_bytes) const {
  if (rest_.size() < 2 || (rest_[0] & kTagNumberMask) == kTagNumberMask) return false;
  size_t length = rest_[1];
  size_t header = 2;
  if ((length & kLongForm) != 0) {
    const size_t length_bytes = length & ~size_t{kLongForm};
    // None at all is the indefinite form.
    if (length_bytes == 0 || length_bytes > kLengthBytesMax) return false;
    if (rest_.size() < header + length_bytes) return false;
    length = 0;
    for (size_t i = 0; i < length_bytes; ++i) length = length << 8 | rest_[header + i];
    header += length_bytes;
  }
  if (length > rest_.size() - header) return false;
  *header_bytes = header;
  *contents_bytes = length;
  return true;
}

absl::Span<const uint8_t> DerReader::TakeWhole(uint8_t tag) {
  size_t header;
  size_t length;
  if (PeekTag() != tag || !Measure(&header, &length)) {
    Fail();
    return {};
  }
  const absl::Span<const uint8_t> whole = rest_.subspan(0, header + length);
  rest_.remove_prefix(whole.size());
  return whole;
}

absl::Span<const uint8_t> DerReader::Take(uint8_t tag) {
  size_t header;
  size_t length;
  if (PeekTag() != tag || !Measure(&header, &length)) {
    Fail();
    return {};
  }
  const absl::Span<const uint8_t> contents = rest_.subspan(header, length);
  rest_.remove_prefix(header + length);
  return contents;
}

bool DerReader::TakeIf(uint8_t tag, absl::Span<const uint8_t>* contents) {
  if (!ok_ || AtEnd() || PeekTag() != tag) return false;
  *contents = Take(tag);
  return ok_;
}

void DerReader::SkipAny() { Take(PeekTag()); }

void AppendDer(uint8_t tag, absl::Span<const uint8_t> contents, std::vector<uint8_t>* out) {
  const size_t length = contents.size();
  out->push_back(tag);
  if (length < kLongForm) {
    out->push_back(static_cast<uint8_t>(length));
  } else {
    size_t length_bytes = 1;
    while (length >> (8 * length_bytes) != 0) ++length_bytes;
    out->push_back(static_cast<uint8_t>(kLongForm | length_bytes));
    for (size_t i = length_bytes; i > 0; --i) {
      out->push_back(static_cast<uint8_t>(length >> (8 * (i - 1))));
    }
  }
  out->insert(out->end(), contents.begin(), contents.end());
}

std::vector<uint8_t> WrapDer(uint8_t tag, absl::Span<const uint8_t> contents) {
  std::vector<uint8_t> out;
  out.reserve(contents.size() + 6);
  AppendDer(tag, contents, &out);
  return out;
}

}  // namespace sluice::proto
