#include "server/session/session.h"

#include <cassert>
#include <utility>

#include "server/base/limits.h"

namespace sluice::session {

Session::Session(uint64_t id, uint64_t connection_id, uint64_t created_nanos)
    : id_(id), connection_id_(connection_id), created_nanos_(created_nanos) {}

// Opens may refer to their trees.
Session::~Session() { attachment.reset(); }

SessionState Session::StateAt(uint64_t now_nanos) {
  if (state_ == SessionState::kValid && user_.expires_nanos != 0 &&
      now_nanos >= user_.expires_nanos) {
    state_ = SessionState::kExpired;
  }
  return state_;
}

Authentication& Session::BeginAuthentication(const crypto::PreauthHash& connection_hash,
                                             uint64_t now_nanos) {
  authentication_ = std::make_unique<Authentication>();
  authentication_->preauth = connection_hash;
  authentication_->started_nanos = now_nanos;
  return *authentication_;
}

bool Session::MayBecome(const AuthenticatedUser& user, bool must_protect) const {
  if (crypto_ == nullptr) return true;
  if (!has_secret_keys()) return user.guest == user_.guest && user.anonymous == user_.anonymous;
  if (user.guest || user.anonymous || user.name == *key_user_) return true;
  return !must_protect && !crypto_->signing_required();
}

bool Session::CanEncrypt() const {
  return crypto_ != nullptr && crypto_->can_seal() && has_secret_keys() && !guest() &&
         !anonymous() && user_.name == *key_user_;
}

void Session::FinishAuthentication(AuthenticatedUser user, absl::Span<const uint8_t> session_key,
                                   const KeyParameters& keys, bool require_signing) {
  assert(authentication_ != nullptr);
  assert(MayBecome(user, require_signing));
  const bool known = !user.guest && !user.anonymous;
  if (crypto_ == nullptr) {
    KeyParameters parameters = keys;
    parameters.preauth_hash = authentication_->preauth.value();
    // What anybody can decrypt is not encrypted.
    if (!known) parameters.cipher = crypto::Cipher::kNone;
    crypto_ = SessionCryptoState::DeriveAllKeys(session_key, parameters);
    if (known) key_user_ = user.name;
    channels_.push_back({connection_id_, &crypto_->signing_key()});
  }
  if (require_signing && known) crypto_->set_signing_required(true);
  user_ = std::move(user);
  ++authentications_;
  state_ = SessionState::kValid;
  authentication_.reset();
}

void Session::set_encrypt(bool value) {
  assert(!value || CanEncrypt());
  encrypt_ = value;
}

const Channel* Session::FindChannel(uint64_t connection_id) const {
  for (const Channel& channel : channels_) {
    if (channel.connection_id == connection_id) return &channel;
  }
  return nullptr;
}

std::shared_ptr<Tree> Session::AddTree(std::string share_name) {
  if (trees_.size() >= limits::trees_per_session_max) return nullptr;
  do {
    ++last_tree_id_;
  } while (last_tree_id_ == 0 || last_tree_id_ == 0xffffffff || trees_.contains(last_tree_id_));
  auto tree = std::make_shared<Tree>();
  tree->id = last_tree_id_;
  tree->share_name = std::move(share_name);
  trees_.emplace(tree->id, tree);
  return tree;
}

std::shared_ptr<Tree> Session::FindTree(uint32_t id) const {
  const auto it = trees_.find(id);
  return it == trees_.end() ? nullptr : it->second;
}

std::shared_ptr<Tree> Session::RemoveTree(uint32_t id) {
  const auto it = trees_.find(id);
  if (it == trees_.end()) return nullptr;
  std::shared_ptr<Tree> tree = std::move(it->second);
  trees_.erase(it);
  return tree;
}

}  // namespace sluice::session
