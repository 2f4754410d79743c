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

// A number of bytes from the fields of a request that say it. `message` is the undecoded command,
// at least header and fixed part long.
using SizeOf = size_t (*)(absl::Span<const uint8_t> message);

struct CommandRow {
  proto::Command command;
  bool needs_session;
  bool needs_tree;
  int file_id_offset;  // of the FileId, from the SMB2 header; kNoFileId for none
  bool may_modify;     // on a read-only share MEDIA_WRITE_PROTECTED; CREATE judges for itself
  // What the response can need at most: header, fixed part and data. Null: small.
  SizeOf response_bound;
  // What the request carries or asks for, which its credit charge must pay for [MS-SMB2] 3.3.5.2.5.
  // Null: nothing.
  SizeOf payload;
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
  size_t output_bytes = 0;   // how much the handler wrote
  bool keep_output = false;  // the error status that is returned goes out with the output
};

// A success and BUFFER_OVERFLOW go out with the output.
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

absl::Span<const FsctlRow> CoreFsctls();

// Of both; null for what the gateway does not know.
const FsctlRow* FindFsctl(uint32_t code);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_DISPATCH_H_
