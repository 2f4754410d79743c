#include "server/smb/reader_create.h"

#include "proto/smb2/create.h"
#include "server/fs/create_rules.h"
#include "server/fs/posix_security.h"

namespace sluice::smb {
namespace {

using proto::NtStatus;

// From the SMB2 header on [MS-SMB2] 2.2.13.
constexpr size_t kDesiredAccessOffset = 64 + 24;
constexpr size_t kDispositionOffset = 64 + 36;

void Put32(absl::Span<uint8_t> message, size_t offset, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) message[offset + i] = static_cast<uint8_t>(value >> (8 * i));
}

}  // namespace

NtStatus KeepToReading(absl::Span<uint8_t> create) {
  proto::CreateRequest decoded;
  if (!proto::CreateRequest::Decode(create, &decoded)) return NtStatus::kOk;
  const fs::CreateTerms terms{decoded.desired_access, decoded.file_attributes, decoded.share_access,
                              decoded.create_disposition, decoded.create_options};
  const NtStatus status = fs::CheckReadOnlyShare(terms);
  if (status != NtStatus::kOk) return status;
  if ((decoded.desired_access & fs::kMaximumAllowed) != 0) {
    Put32(create, kDesiredAccessOffset,
          (decoded.desired_access & ~fs::kMaximumAllowed) | fs::kFileGenericRead |
              fs::kFileGenericExecute);
  }
  if (decoded.create_disposition == proto::kDispositionOpenIf) {
    Put32(create, kDispositionOffset, proto::kDispositionOpen);
  }
  return NtStatus::kOk;
}

}  // namespace sluice::smb
