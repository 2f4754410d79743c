// One request and its response, to co_await.
//
//   Exchange exchange(client, proto::Command::kEcho);
//   proto::EchoRequest().Encode(exchange.body());
//   const proto::NtStatus status = co_await exchange;
//
// It lives in the coroutine that waits for it, with the crypto jobs of both directions, so that a
// warm request allocates nothing.
#ifndef SLUICE_BENCHMARKS_LOAD_CLIENT_EXCHANGE_H_
#define SLUICE_BENCHMARKS_LOAD_CLIENT_EXCHANGE_H_

#include <coroutine>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "crypto/batch_stage.h"
#include "crypto/preauth_hash.h"
#include "proto/smb2/header.h"
#include "proto/smb2/transform_header.h"
#include "proto/status/nt_status.h"
#include "proto/wire/netbios.h"
#include "proto/wire/writer.h"
#include "server/net/connection.h"
#include "server/ring/buffer_pool.h"

namespace sluice::bench {

class Client;

class Exchange {
 public:
  // Where the SMB2 message begins in the request's buffer: a transform header and the NetBIOS
  // header fit before it.
  static constexpr size_t kPayloadOffset =
      proto::kNetbiosHeaderBytes + proto::kTransformHeaderBytes;
  static_assert(kPayloadOffset % 8 == 0);

  // Room for a body of `body_bytes_max`. `payload_bytes` is the larger of what the request sends
  // and what it asks for: it costs a credit per 64 KiB [MS-SMB2] 3.1.5.2. `client` outlives it.
  Exchange(Client& client, proto::Command command, size_t body_bytes_max = 256,
           size_t payload_bytes = 0);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // At the place of the request's body; its offset 0 is the SMB2 header.
  proto::Writer& body() { return body_; }
  // The request's message, from its header on, for bulk data that is made in place.
  absl::Span<uint8_t> request() const { return room_; }

  // Before co_await. The request is hashed as it is sent (SESSION_SETUP, NEGOTIATE).
  void HashInto(crypto::PreauthHash* hash) { hash_ = hash; }
  // The request is signed whatever the session says; the response is not verified here.
  void set_always_sign() { always_sign_ = true; }
  void set_verify_later() { verify_later_ = true; }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiter);
  // Of the response; kConnectionDisconnected if there will be none, for which client.failure() has
  // the reason; kInsufficientResources without memory for the request.
  proto::NtStatus await_resume() const noexcept { return status_; }

  // The response, until this object ends or is reset: its header and the message from there on.
  const proto::Header& header() const { return header_; }
  absl::Span<uint8_t> response() const { return response_; }

 private:
  friend class Client;
  friend class Engine;

  Client& client_;
  const proto::Command command_;
  const uint16_t charge_;
  bool always_sign_ = false;
  bool verify_later_ = false;
  bool signed_ = false;     // the request
  bool verifying_ = false;  // the response; sign_job_ has the result
  bool sealed_ = false;     // the request
  ring::Buffer buffer_;
  absl::Span<uint8_t> room_;
  proto::Writer body_;
  uint64_t message_id_ = 0;
  crypto::PreauthHash* hash_ = nullptr;
  proto::NtStatus status_ = proto::NtStatus::kPending;
  proto::Header header_;
  net::Frame frame_;
  absl::Span<uint8_t> response_;
  crypto::SignJob sign_job_;
  crypto::SealJob seal_job_;
  std::coroutine_handle<> awaiter_;
  Exchange* next_ = nullptr;
};

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_CLIENT_EXCHANGE_H_
