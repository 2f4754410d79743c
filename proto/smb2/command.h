// The SMB2 commands [MS-SMB2] 2.2.1.
#ifndef SLUICE_PROTO_SMB2_COMMAND_H_
#define SLUICE_PROTO_SMB2_COMMAND_H_

#include <cstddef>
#include <cstdint>

namespace sluice::proto {

// As received it may hold any value: see FindStructureSizes for whether it is a command.
enum class Command : uint16_t {
  kNegotiate = 0,
  kSessionSetup = 1,
  kLogoff = 2,
  kTreeConnect = 3,
  kTreeDisconnect = 4,
  kCreate = 5,
  kClose = 6,
  kFlush = 7,
  kRead = 8,
  kWrite = 9,
  kLock = 10,
  kIoctl = 11,
  kCancel = 12,
  kEcho = 13,
  kQueryDirectory = 14,
  kChangeNotify = 15,
  kQueryInfo = 16,
  kSetInfo = 17,
  kOplockBreak = 18,
};

inline constexpr size_t kCommandCount = 19;

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_COMMAND_H_
