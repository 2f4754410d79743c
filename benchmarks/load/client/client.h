// One connection to an SMB server with one session and one tree, as a client of a load generator:
// asynchronous, pipelined as deep as the server's credits allow, every response verified.
#ifndef SLUICE_BENCHMARKS_LOAD_CLIENT_CLIENT_H_
#define SLUICE_BENCHMARKS_LOAD_CLIENT_CLIENT_H_

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "benchmarks/load/client/engine.h"
#include "benchmarks/load/client/exchange.h"
#include "crypto/preauth_hash.h"
#include "proto/smb2/header.h"
#include "server/auth/user_store.h"
#include "server/net/address.h"
#include "server/net/connection.h"
#include "server/ring/task.h"
#include "server/session/client_terms.h"
#include "server/session/crypto_state.h"

namespace sluice::bench {

struct ClientOptions {
  net::Address address;
  std::string server = "server";  // the name in \\server\share
  std::string share;
  std::string user;       // "" for anonymous; with Kerberos the principal
  bool kerberos = false;  // a ticket of kinit's for cifs/`server`; otherwise NTLM:
  std::string domain;
  auth::NtHash nt_hash;
  session::ClientOffer offer;
  bool sign = true;  // requests, and so the responses
  bool seal = false;
  // No SMB: the peer is a limit server (benchmarks/load/limits), which answers READ, WRITE and ECHO
  // from the first byte on and knows neither sessions nor credits.
  bool limit = false;
};

// Everything on the engine's loop. Set-up steps give a status whose text names the step and the
// server's NTSTATUS. Once the connection has failed every exchange ends with
// kConnectionDisconnected.
class Client final : private net::FrameHandler {
 public:
  // `engine` and `options` outlive it.
  Client(Engine& engine, const ClientOptions& options);
  // REQUIRES: never connected, or Disconnect() has come back.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Connect, Negotiate, LogOn and ConnectTree in turn.
  ring::Task<absl::Status> Start();
  ring::Task<absl::Status> Connect();  // TCP only
  ring::Task<absl::Status> Negotiate();
  // A new session; REQUIRES: there is none.
  ring::Task<absl::Status> LogOn();
  ring::Task<absl::Status> ConnectTree();
  ring::Task<absl::Status> LogOff();
  // Ends the connection, whatever its state. It can be started again.
  ring::Task<void> Disconnect();

  Engine& engine() { return engine_; }
  bool alive() const { return alive_; }
  // Why the connection is not alive any more.
  const std::string& failure() const { return failure_; }

  // --- What was agreed on ---
  proto::Dialect dialect() const { return terms_.dialect; }
  // "none" where requests are not signed, or not sealed.
  absl::string_view signing_name() const;
  absl::string_view cipher_name() const;
  uint32_t read_bytes_max() const { return read_bytes_max_; }
  uint32_t write_bytes_max() const { return write_bytes_max_; }
  uint32_t transact_bytes_max() const { return transact_bytes_max_; }
  bool multi_credit() const { return multi_credit_; }
  // Granted and not spent.
  uint64_t credits() const { return credits_; }

 private:
  friend class Engine;
  friend class Exchange;

  // net::FrameHandler:
  void OnFrame(net::Connection& connection, net::Frame frame) override;
  void OnWritable(net::Connection& connection) override;
  void OnClosed(net::Connection& connection, net::CloseReason reason) override;

  // For Exchange and Engine.
  void Enqueue(Exchange& exchange);
  void PrepareSend();
  void FinishSend();
  bool AddOpenJob(net::Frame& frame, proto::TransformHeader* header, crypto::SealJob* job);
  void TakeOpened(net::Frame frame, bool ok);
  void Finish(Exchange& exchange);

  void Reset();
  void TakeFrame(net::Frame frame, bool sealed);
  void TakeResponse(const proto::Header& header, net::Frame frame, absl::Span<uint8_t> message,
                    bool sealed);
  void EncodeRequest(Exchange& exchange);
  bool AddJob(Exchange& exchange);
  void Fail(std::string reason);
  void FailAll();
  absl::Status ProtectionAgreed() const;
  absl::Status Failed(absl::string_view step, proto::NtStatus status) const;
  absl::Status TakeKeys(const Exchange& exchange, absl::Span<const uint8_t> session_key,
                        uint16_t session_flags, const crypto::PreauthHash& hash);
  bool SignatureIsRight(const Exchange& exchange);

  Engine& engine_;
  const ClientOptions& options_;
  std::unique_ptr<net::Connection> transport_;
  std::coroutine_handle<> closing_;  // waits for OnClosed
  bool alive_ = false;
  std::string failure_ = "not connected";

  session::KeyParameters terms_;
  crypto::PreauthHash preauth_;
  std::unique_ptr<session::SessionCryptoState> keys_;
  uint64_t session_id_ = 0;
  uint32_t tree_id_ = 0;
  bool sign_ = false;
  bool seal_ = false;
  bool multi_credit_ = false;
  bool signing_demanded_ = false;  // by the server
  uint32_t read_bytes_max_ = 0;
  uint32_t write_bytes_max_ = 0;
  uint32_t transact_bytes_max_ = 0;

  uint64_t credits_ = 0;
  uint64_t next_message_id_ = 0;
  absl::flat_hash_map<uint64_t, Exchange*> pending_;  // sent, by message id
  Exchange* waiting_first_ = nullptr;
  Exchange* waiting_last_ = nullptr;
  Exchange* sending_ = nullptr;  // between PrepareSend and FinishSend
  bool queued_for_sending_ = false;
};

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_CLIENT_CLIENT_H_
