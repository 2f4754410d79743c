// The commands and FSCTLs as tables. What is in them is what exists; the rest is refused by the
// core before a handler runs.
#ifndef SLUICE_SERVER_SMB_DISPATCH_H_
#define SLUICE_SERVER_SMB_DISPATCH_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/smb2/header.h"
#include "proto/status/nt_status.h"
#include "server/ring/task.h"
#include "server/smb/request.h"

namespace sluice::smb {

// Encodes the response body and gives the status. The request lives until the task has ended.
using Handler = ring::Task<proto::NtStatus> (*)(Request&);

// Bytes that the response (header, fixed part and data) can need at most, from the fields of the
// request that say so; `message` is the undecoded command and at least header + structure size
// long.
using ResponseBound = size_t (*)(absl::Span<const uint8_t> message);

struct CommandRow {
  proto::Command command;
  absl::string_view name;
  uint16_t structure_bytes;  // StructureSize of the request
  bool needs_session;
  bool needs_tree;
  int file_id_offset;  // of the FileId, from the SMB2 header; kNoFileId for none
  bool may_modify;     // refused on a read-only share where it is a file's (checked by handlers
                       // for CREATE), and subject to the channel sequence check
  ResponseBound response_bound;
  Handler handler;       // for disk shares, and for commands without a tree
  Handler pipe_handler;  // for IPC$; null: NOT_SUPPORTED there
};

inline constexpr int kNoFileId = -1;

// All rows, by opcode: Commands()[opcode].command == opcode.
absl::Span<const CommandRow> Commands();

// An FSCTL in the course of an IOCTL command.
struct FsctlCall {
  Request& request;
  uint32_t code;
  absl::Span<const uint8_t> input;
  // Room for output; min(MaxOutputResponse, what fits).
  absl::Span<uint8_t> output;
  size_t output_bytes = 0;  // how much the handler wrote
};

// BUFFER_OVERFLOW and BUFFER_TOO_SMALL among the statuses: the former goes out with the output.
using FsctlHandler = ring::Task<proto::NtStatus> (*)(FsctlCall&);

struct FsctlRow {
  uint32_t code;
  absl::string_view name;
  enum class Needs : uint8_t { kNothing, kFile, kPipe } needs;
  bool may_modify;  // refused with MEDIA_WRITE_PROTECTED on a read-only share
  FsctlHandler handler;
};

// The FSCTLs on files; the core's own (validate negotiate, network interfaces, pipes, DFS) are
// beside it.
absl::Span<const FsctlRow> FileFsctls();

// All FSCTLs that the gateway knows.
const FsctlRow* FindFsctl(uint32_t code);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_DISPATCH_H_
