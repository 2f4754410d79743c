// Sessions, their channels and their tree connects [MS-SMB2] 3.3.1.8, 3.3.1.9, 3.3.1.14.
//
// All of this is owned by the loop of the connection that the session was made on and is used on
// that loop's thread only, except for what says otherwise.
#ifndef SLUICE_SERVER_SESSION_SESSION_H_
#define SLUICE_SERVER_SESSION_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/preauth_hash.h"
#include "server/base/identity.h"
#include "server/base/name_match.h"
#include "server/session/crypto_state.h"

namespace sluice::session {

// What another module hangs on a session, a tree or an authentication; destroyed with its owner.
class Attachment {
 public:
  virtual ~Attachment() = default;
};

// [MS-SMB2] 3.3.1.9. Requests in progress share it, so that it outlives its disconnection.
struct Tree {
  uint32_t id = 0;
  std::string share_name;
  bool encrypt = false;  // the share asks for encryption of this tree's messages
  std::unique_ptr<Attachment> attachment;
};

// [MS-SMB2] 3.3.1.14: a connection on which the session may be used, and the key that signs there.
struct Channel {
  uint64_t connection_id = 0;
  const crypto::SigningKey* signing_key = nullptr;  // the session's; never null
};

// One authentication in flight, first or repeated. Its hash starts as the connection's and takes in
// the SESSION_SETUP requests and responses of this exchange only [MS-SMB2] 3.3.5.5.
struct Authentication {
  crypto::PreauthHash preauth;            // means something with 3.1.1 only
  std::unique_ptr<Attachment> mechanism;  // smb's: the security token exchange
  uint64_t started_nanos = 0;             // monotonic
};

// What a finished authentication says about who it was.
struct AuthenticatedUser {
  std::string name;
  std::string domain;
  base::NameMatch name_match = base::NameMatch::kFolded;
  bool guest = false;
  bool anonymous = false;
  // How: a mechanism's name (server/auth/mechanism.h), "guest" or "anonymous". Static.
  absl::string_view log_on;
  // Monotonic, nanoseconds; 0: never. A Kerberos ticket's end.
  uint64_t expires_nanos = 0;
  std::shared_ptr<const base::Identity> identity;
};

enum class SessionState : uint8_t { kInProgress, kValid, kExpired };

class Session {
 public:
  // `id` comes from SessionTable::Reserve.
  Session(uint64_t id, uint64_t connection_id, uint64_t created_nanos);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  uint64_t id() const { return id_; }
  uint64_t connection_id() const { return connection_id_; }
  uint64_t created_nanos() const { return created_nanos_; }

  // Expiry is noticed here: a valid session past its time becomes expired.
  SessionState StateAt(uint64_t now_nanos);
  SessionState state() const { return state_; }

  // Begins an authentication, the first or another one [MS-SMB2] 3.3.5.5.2; one that was in flight
  // is forgotten. The session stays usable, or not, as it was until the new one ends.
  Authentication& BeginAuthentication(const crypto::PreauthHash& connection_hash,
                                      uint64_t now_nanos);
  // Null when none is in flight.
  Authentication* authentication() { return authentication_.get(); }

  // Whether an authentication may end with this user. The first may with any. A later one leaves
  // the keys as they are, so
  //  - a session that began as a guest's or as anonymous, with keys that anybody can derive, stays
  //    what it is;
  //  - where `must_protect` (messages have to be signed or encrypted, now or from now on), it is
  //    not another user's afterwards than the one who proved the keys: who relays a user's log-on
  //    into a session of his own would act as that user with a key of his own;
  //  - a guest or nobody, who has fewer rights, may always take the place of a user.
  bool MayBecome(const AuthenticatedUser& user, bool must_protect) const;

  // Ends the authentication in flight with success [MS-SMB2] 3.3.5.5.3. The first one fixes the
  // keys, made from `session_key` and the authentication's hash as it is now, which must have taken
  // in the final request and not its response; a guest and anonymous get no cipher. Each one fixes
  // who the user is and when that expires, and turns the requirement of signatures on where
  // `require_signing` (the server's option or the client's security mode) says so and the user is
  // neither guest nor anonymous; none turns it off.
  // REQUIRES: an authentication is in flight; session_key is not empty; MayBecome.
  void FinishAuthentication(AuthenticatedUser user, absl::Span<const uint8_t> session_key,
                            const KeyParameters& keys, bool require_signing);
  // After a failure the caller removes the whole session, whatever its state was.
  void AbandonAuthentication() { authentication_.reset(); }

  // Of the last authentication that succeeded.
  const AuthenticatedUser& user() const { return user_; }
  bool guest() const { return user_.guest; }
  bool anonymous() const { return user_.anonymous; }
  // How many have succeeded. What was judged when there were fewer is judged again.
  uint64_t authentications() const { return authentications_; }

  // Whether the keys come from a secret that a user has proved to know. Those of a guest and of
  // nobody come from zeros.
  bool has_secret_keys() const { return key_user_.has_value(); }
  // Whether what the session's user sends may be called encrypted, for whoever requires that: there
  // is a cipher, and the keys are this user's.
  bool CanEncrypt() const;
  // Whether all the session's messages are encrypted (Session.EncryptData).
  bool encrypt() const { return encrypt_; }
  // REQUIRES: value implies CanEncrypt().
  void set_encrypt(bool value);

  // Null before the first authentication succeeded.
  SessionCryptoState* crypto() { return crypto_.get(); }
  const SessionCryptoState* crypto() const { return crypto_.get(); }

  // Null if the session may not be used on that connection.
  const Channel* FindChannel(uint64_t connection_id) const;
  const std::vector<Channel>& channels() const { return channels_; }

  // A tree with an id of its own in this session, never 0 or 0xFFFFFFFF; null at
  // limits::trees_per_session_max.
  std::shared_ptr<Tree> AddTree(std::string share_name);
  std::shared_ptr<Tree> FindTree(uint32_t id) const;
  // The tree leaves the table; null if it was not there.
  std::shared_ptr<Tree> RemoveTree(uint32_t id);
  const absl::flat_hash_map<uint32_t, std::shared_ptr<Tree>>& trees() const { return trees_; }

  // smb's: the session's opens.
  std::unique_ptr<Attachment> attachment;

 private:
  const uint64_t id_;
  const uint64_t connection_id_;
  const uint64_t created_nanos_;
  SessionState state_ = SessionState::kInProgress;
  bool encrypt_ = false;
  AuthenticatedUser user_;
  uint64_t authentications_ = 0;
  std::optional<std::string> key_user_;  // whose secret the keys come from
  std::unique_ptr<Authentication> authentication_;
  std::unique_ptr<SessionCryptoState> crypto_;
  std::vector<Channel> channels_;
  uint32_t last_tree_id_ = 0;
  absl::flat_hash_map<uint32_t, std::shared_ptr<Tree>> trees_;
};

}  // namespace sluice::session

#endif  // SLUICE_SERVER_SESSION_SESSION_H_
