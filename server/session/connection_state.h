// The protocol state of one connection [MS-SMB2] 3.3.1.7. Owned by the connection's loop and used
// on its thread only.
#ifndef SLUICE_SERVER_SESSION_CONNECTION_STATE_H_
#define SLUICE_SERVER_SESSION_CONNECTION_STATE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "crypto/preauth_hash.h"
#include "crypto/processor.h"
#include "server/session/credits.h"
#include "server/session/negotiation.h"
#include "server/session/session.h"

namespace sluice::session {

class Connection {
 public:
  // `id` is unique in the process.
  explicit Connection(uint64_t id, size_t credits_max = limits::credits_per_connection_max)
      : window(credits_max), id_(id) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  uint64_t id() const { return id_; }

  // Whether a dialect has been settled; nothing but NEGOTIATE comes before.
  bool negotiated() const {
    return negotiated_.has_value() && negotiated_->dialect != proto::Dialect::kWildcard;
  }
  // Whether an SMB2 or an SMB1 NEGOTIATE is welcome now. If not, the connection ends without an
  // answer (3.3.5.3, 3.3.5.4).
  bool AcceptsNegotiate() const { return !negotiated(); }
  bool AcceptsSmb1Negotiate() const { return !negotiated_.has_value() && window.low() == 0; }
  // Keeps what a successful negotiation gave.
  // REQUIRES: AcceptsNegotiate() or AcceptsSmb1Negotiate().
  void Settle(Negotiated negotiated);
  // REQUIRES: Settle was called.
  const Negotiated& terms() const { return *negotiated_; }

  // What DeriveAllKeys needs to know of this connection.
  KeyParameters key_parameters(crypto::Processor processor = crypto::Processor::kAuto) const;

  // False at limits::sessions_per_connection_max or if the id is there already.
  [[nodiscard]] bool AddSession(std::shared_ptr<Session> session);
  std::shared_ptr<Session> FindSession(uint64_t id) const;
  // The session leaves the table; null if it was not there.
  std::shared_ptr<Session> RemoveSession(uint64_t id);
  // All of them leave: for the connection's end.
  std::vector<std::shared_ptr<Session>> TakeSessions();
  const absl::flat_hash_map<uint64_t, std::shared_ptr<Session>>& sessions() const {
    return sessions_;
  }
  size_t session_count() const { return sessions_.size(); }
  // Of sessions on which nobody has authenticated yet.
  size_t unfinished_count() const;
  // Whether anybody has authenticated: until then frames are short and time is limited.
  bool HasValidSession() const;

  // Message ids and credits.
  CreditWindow window;
  // With 3.1.1, over the NEGOTIATE request and response (not those of SMB1).
  crypto::PreauthHash preauth;

 private:
  const uint64_t id_;
  std::optional<Negotiated> negotiated_;
  absl::flat_hash_map<uint64_t, std::shared_ptr<Session>> sessions_;
};

}  // namespace sluice::session

#endif  // SLUICE_SERVER_SESSION_CONNECTION_STATE_H_
