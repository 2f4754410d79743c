// Security identifiers. [MS-DTYP] 2.4.2 and 2.4.2.4 (well-known ones).
#ifndef SLUICE_PROTO_FSCC_SID_H_
#define SLUICE_PROTO_FSCC_SID_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "proto/wire/reader.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

// A value type without allocation. Unused sub-authorities are 0, so that == is memberwise.
struct Sid {
  static constexpr size_t kSubAuthoritiesMax = 15;
  static constexpr size_t kBytesMax = 8 + 4 * kSubAuthoritiesMax;

  constexpr Sid() = default;
  constexpr Sid(uint64_t identifier_authority, std::initializer_list<uint32_t> sub_authorities)
      : authority(identifier_authority) {
    for (uint32_t sub_authority : sub_authorities) {
      if (count < kSubAuthoritiesMax) sub[count++] = sub_authority;
    }
  }

  uint64_t authority = 0;  // 48 bits
  uint8_t count = 0;
  std::array<uint32_t, kSubAuthoritiesMax> sub{};

  size_t bytes() const { return 8 + size_t{4} * count; }
  // The relative identifier; 0 if there is none.
  uint32_t rid() const { return count == 0 ? 0 : sub[count - 1]; }
  // A copy with one more sub-authority; unchanged if there is no room.
  Sid Child(uint32_t sub_authority) const;
  // True if this is `parent` with one more sub-authority.
  bool IsChildOf(const Sid& parent) const;

  // Refuses revisions other than 1 and more than 15 sub-authorities. Reads only the SID.
  static bool Decode(Reader& r, Sid* out);
  void Encode(Writer& w) const;

  // "S-1-5-32-544"; an authority above 32 bits is in hexadecimal, as Windows writes it.
  std::string ToString() const;
  static std::optional<Sid> Parse(absl::string_view text);

  friend bool operator==(const Sid& a, const Sid& b) {
    return a.authority == b.authority && a.count == b.count && a.sub == b.sub;
  }
  friend bool operator!=(const Sid& a, const Sid& b) { return !(a == b); }
};

namespace well_known_sid {
inline constexpr Sid kNull{0, {0}};
inline constexpr Sid kEveryone{1, {0}};
inline constexpr Sid kCreatorOwner{3, {0}};
inline constexpr Sid kCreatorGroup{3, {1}};
inline constexpr Sid kOwnerRights{3, {4}};
inline constexpr Sid kNetwork{5, {2}};
inline constexpr Sid kAnonymous{5, {7}};
inline constexpr Sid kAuthenticatedUsers{5, {11}};
inline constexpr Sid kSystem{5, {18}};
inline constexpr Sid kBuiltinAdministrators{5, {32, 544}};
inline constexpr Sid kBuiltinUsers{5, {32, 545}};
inline constexpr Sid kBuiltinGuests{5, {32, 546}};
// Parents of Samba's SIDs for Unix ids that no directory knows: S-1-22-1-uid, S-1-22-2-gid.
inline constexpr Sid kUnixUsers{22, {1}};
inline constexpr Sid kUnixGroups{22, {2}};
// Parents of the NFS service's: S-1-5-88-1-uid, S-1-5-88-2-gid and S-1-5-88-3-mode, which macOS
// asks for.
inline constexpr Sid kNfsUsers{5, {88, 1}};
inline constexpr Sid kNfsGroups{5, {88, 2}};
inline constexpr Sid kNfsMode{5, {88, 3}};
}  // namespace well_known_sid

Sid UnixUserSid(uint32_t uid);
Sid UnixGroupSid(uint32_t gid);
std::optional<uint32_t> UidFromSid(const Sid& sid);
std::optional<uint32_t> GidFromSid(const Sid& sid);

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_FSCC_SID_H_
