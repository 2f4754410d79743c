// A small SMB2 client for tests: builds any frame, right or wrong, and says what came back. It
// blocks, with a time limit on everything.
#ifndef SLUICE_TESTS_SERVER_SMB_TEST_CLIENT_H_
#define SLUICE_TESTS_SERVER_SMB_TEST_CLIENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/batch_stage.h"
#include "crypto/preauth_hash.h"
#include "proto/smb2/create.h"
#include "proto/smb2/file_id.h"
#include "proto/smb2/header.h"
#include "proto/smb2/negotiate.h"
#include "proto/status/nt_status.h"
#include "server/session/client_terms.h"
#include "server/session/crypto_state.h"

namespace sluice::smb {

using Bytes = std::vector<uint8_t>;

// A response: one SMB2 message.
struct Reply {
  proto::Header header;
  Bytes message;
  bool sealed = false;
  bool signature_right = false;  // was signed, and rightly
  size_t frame = 0;              // which received frame it came in, counted from 1

  proto::NtStatus status() const { return static_cast<proto::NtStatus>(header.status); }
};

struct ClientOptions : session::ClientOffer {
  uint16_t credits = 64;  // asked for with every request
};

class TestClient {
 public:
  // To "host:port".
  explicit TestClient(absl::string_view address, ClientOptions options = ClientOptions());
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  // --- The steps of a connection; each expects success and says whether it was. ---
  bool Negotiate();
  proto::NtStatus LogOn(absl::string_view user, absl::string_view password,
                        uint64_t previous_session = 0);
  // Another authentication of the session.
  proto::NtStatus LogOnAgain(absl::string_view user, absl::string_view password);
  proto::NtStatus ConnectTree(absl::string_view share);
  // All of it with the user and the share of GatewayTest.
  bool Start(absl::string_view share = "files");
  // Opens or makes a file; `*id` is set with success.
  proto::NtStatus Create(absl::string_view name, proto::FileId* id,
                         uint32_t disposition = proto::kDispositionOpenIf, uint32_t options = 0,
                         uint32_t access = 0x001F01FF);

  // --- Messages ---
  // The header of the next request: message id, credits, session and tree filled in.
  proto::Header NextHeader(proto::Command command, uint16_t credit_charge = 1);
  // Header and body; not signed.
  template <typename Body>
  static Bytes Message(const proto::Header& header, const Body& body, size_t data_bytes = 0) {
    Bytes bytes(4096 + data_bytes);
    proto::Writer writer(absl::MakeSpan(bytes));
    header.Encode(writer);
    body.Encode(writer);
    bytes.resize(writer.size());
    return bytes;
  }
  // A request with its header, ready for SendChain.
  template <typename Body>
  Bytes Request(proto::Command command, const Body& body, uint32_t flags = 0) {
    proto::Header header = NextHeader(command);
    header.flags |= flags;
    return Message(header, body);
  }

  // Sends a request and waits for its final response; nothing if the connection ended.
  template <typename Body>
  std::optional<Reply> Call(proto::Command command, const Body& body, uint16_t credit_charge = 1,
                            size_t data_bytes = 0) {
    const proto::Header header = NextHeader(command, credit_charge);
    SendChain({Message(header, body, data_bytes)});
    return WaitFor(header.message_id);
  }

  // Links, pads, signs or seals as the session wants it, and sends.
  void SendChain(std::vector<Bytes> messages);
  void SendFrame(absl::Span<const uint8_t> frame);  // behind a NetBIOS header
  void SendRaw(absl::Span<const uint8_t> bytes);    // as they are
  // The messages in a transform frame, sealed.
  Bytes Seal(absl::Span<const uint8_t> messages);
  // Puts the right signature into the message.
  void Sign(Bytes* message);

  // The next response of any request; nothing if the connection ended or nothing came in time.
  std::optional<Reply> Receive();
  // The final response to a message id; interim ones and others are kept or skipped.
  std::optional<Reply> WaitFor(uint64_t message_id);
  // True once the server has ended the connection; false if it is still there after `millis`.
  bool WaitForEnd(int millis = 10'000);
  // No byte comes within `millis`.
  bool Silent(int millis = 50);
  // Without a word.
  void Disconnect();
  int fd() const { return fd_; }

  // --- State that tests look at or bend ---
  proto::NegotiateResponse negotiated;  // spans in it are gone
  uint16_t signing_context = 0xFFFF;    // what the server selected; 0xFFFF: no context
  uint64_t session_id = 0;
  uint16_t session_flags = 0;
  uint32_t tree_id = 0;
  uint32_t share_flags = 0;
  uint64_t next_message_id = 0;
  uint64_t credits = 1;
  bool sign = false;  // outgoing requests
  bool seal = false;
  std::unique_ptr<session::SessionCryptoState> keys;
  std::vector<std::array<uint8_t, 16>> nonces;  // of the frames that came sealed
  std::vector<Reply> interim;                   // STATUS_PENDING responses seen by WaitFor
  proto::Header last_header;                    // of the last response that was waited for

 private:
  proto::NtStatus Authenticate(absl::string_view user, absl::string_view password,
                               uint64_t previous_session, bool again);
  bool ReadFrame(Bytes* frame);
  bool ReadExactly(uint8_t* out, size_t bytes);
  bool Take(Bytes frame);
  bool Check(const Reply& reply);
  bool Open(Bytes* frame);

  const ClientOptions options_;
  int fd_ = -1;
  size_t frames_ = 0;
  std::deque<Reply> inbox_;
  crypto::PreauthHash preauth_;
  std::unique_ptr<crypto::BatchStage> stage_;
};

}  // namespace sluice::smb

#endif  // SLUICE_TESTS_SERVER_SMB_TEST_CLIENT_H_
