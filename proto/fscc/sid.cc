#include "proto/fscc/sid.h"

#include <cinttypes>
#include <cstdio>

namespace sluice::proto {
namespace {

constexpr uint8_t kRevision = 1;
constexpr uint64_t kAuthorityMax = (uint64_t{1} << 48) - 1;

// Takes a number off the front of `*text`: decimal, or hexadecimal after "0x". False if there is
// none or it is above `max`.
bool TakeNumber(absl::string_view* text, uint64_t max, uint64_t* out) {
  uint64_t base = 10;
  if (text->size() > 2 && (*text)[0] == '0' && ((*text)[1] == 'x' || (*text)[1] == 'X')) {
    base = 16;
    text->remove_prefix(2);
  }
  size_t digits = 0;
  uint64_t value = 0;
  for (; digits < text->size(); ++digits) {
    const char c = (*text)[digits];
    uint64_t digit;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint64_t>(c - '0');
    } else if (base == 16 && c >= 'a' && c <= 'f') {
      digit = static_cast<uint64_t>(c - 'a') + 10;
    } else if (base == 16 && c >= 'A' && c <= 'F') {
      digit = static_cast<uint64_t>(c - 'A') + 10;
    } else {
      break;
    }
    // No overflow: value is at most max, which has 48 bits.
    value = value * base + digit;
    if (value > max) return false;
  }
  text->remove_prefix(digits);
  *out = value;
  return digits > 0;
}

std::optional<uint32_t> ChildRid(const Sid& sid, const Sid& parent) {
  if (!sid.IsChildOf(parent)) return std::nullopt;
  return sid.rid();
}

}  // namespace

Sid Sid::Child(uint32_t sub_authority) const {
  Sid child = *this;
  if (child.count < kSubAuthoritiesMax) child.sub[child.count++] = sub_authority;
  return child;
}

bool Sid::IsChildOf(const Sid& parent) const {
  if (authority != parent.authority || count != parent.count + 1) return false;
  for (size_t i = 0; i < parent.count; ++i) {
    if (sub[i] != parent.sub[i]) return false;
  }
  return true;
}

bool Sid::Decode(Reader& r, Sid* out) {
  *out = Sid();
  const uint8_t revision = r.U8();
  const uint8_t sub_authorities = r.U8();
  // The one number here that is big-endian.
  for (const uint8_t byte : r.Array<6>()) out->authority = out->authority << 8 | byte;
  if (!r.ok() || revision != kRevision || sub_authorities > kSubAuthoritiesMax) {
    r.Fail();
    return false;
  }
  out->count = sub_authorities;
  for (size_t i = 0; i < sub_authorities; ++i) out->sub[i] = r.U32();
  return r.ok();
}

void Sid::Encode(Writer& w) const {
  w.U8(kRevision);
  w.U8(count);
  for (int shift = 40; shift >= 0; shift -= 8) w.U8(static_cast<uint8_t>(authority >> shift));
  for (size_t i = 0; i < count; ++i) w.U32(sub[i]);
}

std::string Sid::ToString() const {
  char text[sizeof("-0x000000000000")];
  std::snprintf(text, sizeof(text), authority > UINT32_MAX ? "0x%012" PRIX64 : "%" PRIu64,
                authority);
  std::string out = std::string("S-1-") + text;
  for (size_t i = 0; i < count; ++i) {
    std::snprintf(text, sizeof(text), "-%" PRIu32, sub[i]);
    out += text;
  }
  return out;
}

std::optional<Sid> Sid::Parse(absl::string_view text) {
  if (text.size() < 4 || (text[0] != 'S' && text[0] != 's') || text.substr(1, 3) != "-1-") {
    return std::nullopt;
  }
  text.remove_prefix(4);
  Sid sid;
  if (!TakeNumber(&text, kAuthorityMax, &sid.authority)) return std::nullopt;
  while (!text.empty()) {
    uint64_t number;
    if (text[0] != '-' || sid.count == kSubAuthoritiesMax) return std::nullopt;
    text.remove_prefix(1);
    if (!TakeNumber(&text, UINT32_MAX, &number)) return std::nullopt;
    sid.sub[sid.count++] = static_cast<uint32_t>(number);
  }
  return sid;
}

Sid UnixUserSid(uint32_t uid) { return well_known_sid::kUnixUsers.Child(uid); }
Sid UnixGroupSid(uint32_t gid) { return well_known_sid::kUnixGroups.Child(gid); }

std::optional<uint32_t> UidFromSid(const Sid& sid) {
  return ChildRid(sid, well_known_sid::kUnixUsers);
}

std::optional<uint32_t> GidFromSid(const Sid& sid) {
  return ChildRid(sid, well_known_sid::kUnixGroups);
}

}  // namespace sluice::proto
