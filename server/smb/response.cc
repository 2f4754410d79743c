#include "server/smb/response.h"

#include <algorithm>

#include "proto/smb2/header.h"

namespace sluice::smb {

void Response::Attach(absl::Span<uint8_t> message) {
  attached_ = true;
  message_ = message;
  ResetBody();
}

void Response::Detach() {
  attached_ = false;
  message_ = {};
  body_ = proto::Writer(message_);
}

proto::Writer& Response::body() {
  if (!attached_) source_->AttachRoom(this);
  return body_;
}

absl::Span<uint8_t> Response::message() {
  if (!attached_) source_->AttachRoom(this);
  return message_;
}

void Response::ResetBody() {
  if (!attached_) {
    source_->AttachRoom(this);
    return;
  }
  body_ = proto::Writer(message_);
  body_.Zeros(proto::kHeaderBytes);
}

void Response::SetErrorData(absl::Span<const uint8_t> data) {
  const size_t bytes = std::min(data.size(), kErrorDataMax);
  error_data_.assign(data.begin(), data.begin() + static_cast<ptrdiff_t>(bytes));
}

}  // namespace sluice::smb
