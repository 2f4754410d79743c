// What the RPC interfaces tell about the server: filled in by whoever owns the configuration.
#ifndef SLUICE_PROTO_RPC_SERVER_DESCRIPTION_H_
#define SLUICE_PROTO_RPC_SERVER_DESCRIPTION_H_

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::proto::rpc {

namespace share_type {  // [MS-SRVS] 2.2.2.4
inline constexpr uint32_t kDisk = 0x00000000;
inline constexpr uint32_t kPrintQueue = 0x00000001;
inline constexpr uint32_t kIpc = 0x00000003;
inline constexpr uint32_t kSpecial = 0x80000000;
}  // namespace share_type

// Strings are UTF-8.
struct ShareDescription {
  std::string name;
  uint32_t type = share_type::kDisk;
  std::string comment;
  std::string path;  // as Windows would write it: "C:\\files"
  uint32_t uses_max = 0xFFFFFFFF;
  uint32_t uses = 0;
  uint32_t flags = 0;                        // level 1005: caching
  std::vector<uint8_t> security_descriptor;  // self-relative; empty for none
};

struct ServerDescription {
  std::string name;
  std::string comment;
  std::string domain = "WORKGROUP";
  uint32_t platform_id = 500;  // NT
  uint32_t version_major = 10;
  uint32_t version_minor = 0;
  uint32_t type = 0x00009003;  // workstation, server, NT workstation and NT server
  std::vector<ShareDescription> shares;
};

}  // namespace sluice::proto::rpc

#endif  // SLUICE_PROTO_RPC_SERVER_DESCRIPTION_H_
