// IOCTL [MS-SMB2] 2.2.31, 2.2.32. The codes and their bodies are in fsctl.h.
#ifndef SLUICE_PROTO_SMB2_IOCTL_H_
#define SLUICE_PROTO_SMB2_IOCTL_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "proto/smb2/file_id.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr uint32_t kIoctlIsFsctl = 0x00000001;

struct IoctlRequest {
  uint32_t ctl_code = 0;
  FileId file_id;
  uint32_t max_input_response = 0;
  uint32_t max_output_response = 0;
  uint32_t flags = kIoctlIsFsctl;
  absl::Span<const uint8_t> input;
  absl::Span<const uint8_t> output;  // clients send none

  static bool Decode(absl::Span<const uint8_t> message, IoctlRequest* out);
  void Encode(Writer& w) const;
};

struct IoctlResponse {
  // Where the output begins if there is no input, counted from the SMB2 header.
  static constexpr size_t kOutputOffset = 112;

  uint32_t ctl_code = 0;
  FileId file_id;
  uint32_t flags = 0;
  absl::Span<const uint8_t> input;   // of use to the few codes that give their input back
  absl::Span<const uint8_t> output;  // may lie at kOutputOffset of the writer's buffer already

  static bool Decode(absl::Span<const uint8_t> message, IoctlResponse* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_IOCTL_H_
