// IOCTL codes and the bodies that belong to the protocol itself [MS-SMB2] 2.2.31, 2.2.32,
// [MS-FSCC] 2.3.
#ifndef SLUICE_PROTO_SMB2_FSCTL_H_
#define SLUICE_PROTO_SMB2_FSCTL_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr uint32_t kFsctlDfsGetReferrals = 0x00060194;
inline constexpr uint32_t kFsctlDfsGetReferralsEx = 0x000601B0;
inline constexpr uint32_t kFsctlIsPathnameValid = 0x0009002C;
inline constexpr uint32_t kFsctlGetCompression = 0x0009003C;
inline constexpr uint32_t kFsctlSetCompression = 0x0009C040;
inline constexpr uint32_t kFsctlFilesystemGetStatistics = 0x00090060;
inline constexpr uint32_t kFsctlGetNtfsVolumeData = 0x00090064;
inline constexpr uint32_t kFsctlSetObjectId = 0x00090098;
inline constexpr uint32_t kFsctlGetObjectId = 0x0009009C;
inline constexpr uint32_t kFsctlDeleteObjectId = 0x000900A0;
inline constexpr uint32_t kFsctlSetReparsePoint = 0x000900A4;
inline constexpr uint32_t kFsctlGetReparsePoint = 0x000900A8;
inline constexpr uint32_t kFsctlDeleteReparsePoint = 0x000900AC;
inline constexpr uint32_t kFsctlCreateOrGetObjectId = 0x000900C0;
inline constexpr uint32_t kFsctlSetSparse = 0x000900C4;
inline constexpr uint32_t kFsctlQueryAllocatedRanges = 0x000940CF;
inline constexpr uint32_t kFsctlSetZeroData = 0x000980C8;
inline constexpr uint32_t kFsctlFileLevelTrim = 0x00098208;
inline constexpr uint32_t kFsctlDuplicateExtentsToFile = 0x00098344;
inline constexpr uint32_t kFsctlOffloadRead = 0x00094264;
inline constexpr uint32_t kFsctlOffloadWrite = 0x00098268;
inline constexpr uint32_t kFsctlGetIntegrityInformation = 0x0009027C;
inline constexpr uint32_t kFsctlSetIntegrityInformation = 0x0009C280;
inline constexpr uint32_t kFsctlQueryFileRegions = 0x00090284;
inline constexpr uint32_t kFsctlPipePeek = 0x0011400C;
inline constexpr uint32_t kFsctlPipeWait = 0x00110018;
inline constexpr uint32_t kFsctlPipeTransceive = 0x0011C017;
inline constexpr uint32_t kFsctlSrvEnumerateSnapshots = 0x00144064;
inline constexpr uint32_t kFsctlSrvRequestResumeKey = 0x00140078;
inline constexpr uint32_t kFsctlSrvCopychunk = 0x001440F2;
inline constexpr uint32_t kFsctlSrvCopychunkWrite = 0x001480F2;
inline constexpr uint32_t kFsctlSrvReadHash = 0x001441BB;
inline constexpr uint32_t kFsctlLmrRequestResiliency = 0x001401D4;
inline constexpr uint32_t kFsctlQueryNetworkInterfaceInfo = 0x001401FC;
inline constexpr uint32_t kFsctlValidateNegotiateInfo = 0x00140204;

// 2.2.31.4: what the client remembers of its NEGOTIATE.
struct ValidateNegotiateInfoRequest {
  uint32_t capabilities = 0;
  std::array<uint8_t, 16> guid{};
  uint16_t security_mode = 0;
  absl::InlinedVector<uint16_t, 8> dialects;

  // The input buffer of the IOCTL.
  static bool Decode(absl::Span<const uint8_t> input, ValidateNegotiateInfoRequest* out);
  void Encode(Writer& w) const;
};

// 2.2.32.6.
struct ValidateNegotiateInfoResponse {
  static constexpr size_t kBytes = 24;

  uint32_t capabilities = 0;
  std::array<uint8_t, 16> guid{};
  uint16_t security_mode = 0;
  uint16_t dialect = 0;

  static bool Decode(absl::Span<const uint8_t> output, ValidateNegotiateInfoResponse* out);
  void Encode(Writer& w) const;
};

inline constexpr uint32_t kInterfaceRssCapable = 0x00000001;
inline constexpr uint32_t kInterfaceRdmaCapable = 0x00000002;

// 2.2.32.5: one address of an interface.
struct NetworkInterfaceInfo {
  static constexpr size_t kBytes = 152;

  uint32_t if_index = 0;
  uint32_t capability = 0;
  uint64_t link_speed = 0;  // bits per second
  bool ipv6 = false;
  std::array<uint8_t, 16> address{};  // network byte order; the first four for IPv4
};

using NetworkInterfaceList = absl::InlinedVector<NetworkInterfaceInfo, 4>;

// The output buffer of the IOCTL: a list linked by Next offsets. False for a broken chain or an
// address family that is neither IPv4 nor IPv6.
bool DecodeNetworkInterfaces(absl::Span<const uint8_t> output, NetworkInterfaceList* out);
void EncodeNetworkInterfaces(absl::Span<const NetworkInterfaceInfo> interfaces, Writer& w);

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_FSCTL_H_
