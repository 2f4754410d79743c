// One client's connection to a FuzzServer. Its own messages are right unless a record says
// otherwise, and every response is held against the protocol.
#ifndef SLUICE_TESTS_FUZZ_FUZZ_CLIENT_H_
#define SLUICE_TESTS_FUZZ_FUZZ_CLIENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "crypto/batch_stage.h"
#include "crypto/preauth_hash.h"
#include "proto/smb2/file_id.h"
#include "proto/smb2/header.h"
#include "proto/smb2/negotiate.h"
#include "server/session/crypto_state.h"
#include "tests/fakes/sim_network.h"
#include "tests/fuzz/frame_input.h"
#include "tests/fuzz/fuzz_server.h"

namespace sluice::fuzz {

class FuzzClient {
 public:
  // `settle` lets the server run, and all clients read, until nothing happens any more. `stage` is
  // the clients' own.
  FuzzClient(FuzzServer& server, crypto::BatchStage& stage, uint8_t options,
             std::function<void()> settle);
  FuzzClient(const FuzzClient&) = delete;
  FuzzClient& operator=(const FuzzClient&) = delete;

  // False where the server has said no or has gone.
  bool Negotiate();
  // As `user` (see kLogOnUserMask): a new session, or `again` the present one's.
  bool LogOn(uint8_t user, bool again, uint64_t previous_session);
  void ConnectTrees();

  // Adds the request to the frame that is being made; all but a kLinked one send it.
  void Request(const Record& record);
  // Sends what an unfinished chain has.
  void FinishFrame();
  void SendFrame(absl::Span<const uint8_t> frame);
  void SendStream(absl::Span<const uint8_t> bytes);
  void SendSealed(Bytes plain);

  // Reads what has come. True if there was anything.
  bool Read();
  void Close() { peer_.Close(); }
  uint64_t session_id() const { return session_id_; }
  bool logged_on() { return Keys() != nullptr; }
  // Whether its session is connected to every share.
  bool has_all_trees();

 private:
  struct SessionKeys {
    std::unique_ptr<session::SessionCryptoState> keys;
    std::array<uint32_t, FuzzServer::kShares.size()> trees{};  // 0: not connected
  };

  proto::Header NextHeader(const Record& record);
  // The client's own requests.
  void Begin(const proto::Header& header, Bytes message);
  std::optional<Bytes> Call(const proto::Header& header, Bytes message);
  void FixCancel(const Record& record, proto::Header* header) const;
  void FixFileId(const Record& record, Bytes* message) const;
  SessionKeys* Keys();
  void Sign(Bytes* message);
  Bytes TakeChain();
  void TakeFrame(Bytes frame);
  bool Open(Bytes* frame);
  void TakeResponse(const proto::Header& header, absl::Span<uint8_t> message, bool sealed);
  void CheckSignature(const proto::Header& header, absl::Span<const uint8_t> message);

  FuzzServer& server_;
  crypto::BatchStage& stage_;
  const uint8_t options_;
  const std::function<void()> settle_;
  fakes::SimPeer& peer_;
  Bytes received_;  // not a whole frame yet

  proto::Dialect dialect_ = proto::Dialect::kSmb202;
  crypto::SigningAlgorithm signing_ = crypto::SigningAlgorithm::kHmacSha256;
  crypto::Cipher cipher_ = crypto::Cipher::kNone;
  crypto::PreauthHash preauth_;
  uint64_t session_id_ = 0;
  std::map<uint64_t, SessionKeys> sessions_;
  uint64_t next_message_id_ = 0;
  std::vector<uint64_t> sent_ids_;
  std::vector<proto::FileId> files_;

  std::vector<Bytes> chain_;  // of the frame that is being made
  std::vector<bool> chain_signed_;

  // The final answers to what Begin() has sent, by message id.
  std::map<uint64_t, std::optional<Bytes>> awaited_;
};

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_FUZZ_CLIENT_H_
