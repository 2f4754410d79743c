// NTLM negotiate flags and AV pair ids. [MS-NLMP] 2.2.2.5 and 2.2.2.1.
#ifndef SLUICE_PROTO_AUTH_NTLM_FLAGS_H_
#define SLUICE_PROTO_AUTH_NTLM_FLAGS_H_

#include <cstdint>

namespace sluice::proto {

namespace ntlm_flag {
inline constexpr uint32_t kUnicode = 0x00000001;
inline constexpr uint32_t kOem = 0x00000002;
inline constexpr uint32_t kRequestTarget = 0x00000004;
inline constexpr uint32_t kSign = 0x00000010;
inline constexpr uint32_t kSeal = 0x00000020;
inline constexpr uint32_t kDatagram = 0x00000040;
inline constexpr uint32_t kLmKey = 0x00000080;
inline constexpr uint32_t kNtlm = 0x00000200;
inline constexpr uint32_t kAnonymous = 0x00000800;
inline constexpr uint32_t kOemDomainSupplied = 0x00001000;
inline constexpr uint32_t kOemWorkstationSupplied = 0x00002000;
inline constexpr uint32_t kAlwaysSign = 0x00008000;
inline constexpr uint32_t kTargetTypeDomain = 0x00010000;
inline constexpr uint32_t kTargetTypeServer = 0x00020000;
inline constexpr uint32_t kExtendedSessionSecurity = 0x00080000;
inline constexpr uint32_t kIdentify = 0x00100000;
inline constexpr uint32_t kRequestNonNtSessionKey = 0x00400000;
inline constexpr uint32_t kTargetInfo = 0x00800000;
inline constexpr uint32_t kVersion = 0x02000000;
inline constexpr uint32_t k128 = 0x20000000;
inline constexpr uint32_t kKeyExchange = 0x40000000;
inline constexpr uint32_t k56 = 0x80000000;
}  // namespace ntlm_flag

enum class AvId : uint16_t {
  kEol = 0,
  kNbComputerName = 1,
  kNbDomainName = 2,
  kDnsComputerName = 3,
  kDnsDomainName = 4,
  kDnsTreeName = 5,
  kFlags = 6,
  kTimestamp = 7,
  kSingleHost = 8,
  kTargetName = 9,
  kChannelBindings = 10,
};

// Bits of AvId::kFlags.
namespace av_flag {
inline constexpr uint32_t kConstrained = 0x01;
inline constexpr uint32_t kMicPresent = 0x02;
inline constexpr uint32_t kUntrustedSpn = 0x04;
}  // namespace av_flag

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_AUTH_NTLM_FLAGS_H_
