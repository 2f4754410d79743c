#include "server/session/session.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/base/limits.h"
#include "server/session/connection_state.h"

namespace sluice::session {
namespace {

const std::vector<uint8_t> kKey(16, 0x42);

KeyParameters Parameters311() {
  KeyParameters parameters;
  parameters.dialect = proto::Dialect::kSmb311;
  parameters.signing_algorithm = crypto::SigningAlgorithm::kAes128Cmac;
  parameters.cipher = crypto::Cipher::kAes128Gcm;
  return parameters;
}

AuthenticatedUser Named(std::string name) {
  AuthenticatedUser user;
  user.name = std::move(name);
  return user;
}

std::shared_ptr<Session> ValidSession(uint64_t id = 7, bool require_signing = true) {
  auto session = std::make_shared<Session>(id, /*connection_id=*/1, /*created_nanos=*/0);
  session->BeginAuthentication({}, 0);
  session->FinishAuthentication(Named("alice"), kKey, Parameters311(), require_signing);
  return session;
}

std::vector<uint8_t> SigningSchedule(const Session& session) {
  const auto span = session.crypto()->signing_key().schedule().span();
  return {span.begin(), span.end()};
}

TEST(SessionTest, IsInProgressUntilItsFirstAuthenticationEnds) {
  Session session(7, 1, 0);
  EXPECT_EQ(session.state(), SessionState::kInProgress);
  EXPECT_EQ(session.crypto(), nullptr);
  EXPECT_EQ(session.FindChannel(1), nullptr);
  session.BeginAuthentication({}, 0);
  EXPECT_EQ(session.state(), SessionState::kInProgress);
  session.FinishAuthentication(Named("alice"), kKey, Parameters311(), true);
  EXPECT_EQ(session.state(), SessionState::kValid);
  EXPECT_EQ(session.authentication(), nullptr);
  EXPECT_EQ(session.user().name, "alice");
  EXPECT_TRUE(session.crypto()->signing_required());
}

TEST(SessionTest, DerivesKeysFromTheAuthenticationsHashNotTheConnections) {
  crypto::PreauthHash connection;
  connection.Update(std::vector<uint8_t>{1});
  Session a(1, 1, 0);
  a.BeginAuthentication(connection, 0).preauth.Update(std::vector<uint8_t>{2});
  a.FinishAuthentication(Named("a"), kKey, Parameters311(), true);
  Session b(2, 1, 0);
  b.BeginAuthentication(connection, 0).preauth.Update(std::vector<uint8_t>{3});
  b.FinishAuthentication(Named("b"), kKey, Parameters311(), true);
  EXPECT_NE(SigningSchedule(a), SigningSchedule(b));

  crypto::PreauthHash expected = connection;
  expected.Update(std::vector<uint8_t>{2});
  KeyParameters parameters = Parameters311();
  parameters.preauth_hash = expected.value();
  const auto state = SessionCryptoState::DeriveAllKeys(kKey, parameters);
  EXPECT_EQ(state->signing_key().schedule().span(), a.crypto()->signing_key().schedule().span());
}

TEST(SessionTest, ReauthenticationKeepsKeysAndRequirementsAndChangesTheUser) {
  const auto session = ValidSession();
  const std::vector<uint8_t> before = SigningSchedule(*session);
  session->BeginAuthentication({}, 5).preauth.Update(std::vector<uint8_t>{9});
  EXPECT_EQ(session->state(), SessionState::kValid);
  AuthenticatedUser anonymous;
  anonymous.anonymous = true;
  session->FinishAuthentication(anonymous, std::vector<uint8_t>(16, 0x77), Parameters311(), false);
  EXPECT_EQ(SigningSchedule(*session), before);
  EXPECT_TRUE(session->crypto()->signing_required());
  EXPECT_TRUE(session->anonymous());
  EXPECT_TRUE(session->has_secret_keys());
  EXPECT_FALSE(session->CanEncrypt());
  EXPECT_EQ(session->authentications(), 2u);
  EXPECT_EQ(session->channels().size(), 1u);
}

TEST(SessionTest, AnotherAuthenticationStartsItsHashAnew) {
  Session session(7, 1, 0);
  crypto::PreauthHash connection;
  connection.Update(std::vector<uint8_t>{1});
  session.BeginAuthentication(connection, 0).preauth.Update(std::vector<uint8_t>{2});
  const Authentication& again = session.BeginAuthentication(connection, 3);
  EXPECT_EQ(again.preauth.value(), connection.value());
  EXPECT_EQ(again.started_nanos, 3u);
}

TEST(SessionTest, GuestsAndAnonymousNeverHaveToSign) {
  for (const bool guest : {true, false}) {
    Session session(7, 1, 0);
    session.BeginAuthentication({}, 0);
    AuthenticatedUser user;
    user.guest = guest;
    user.anonymous = !guest;
    session.FinishAuthentication(user, kKey, Parameters311(), true);
    EXPECT_FALSE(session.crypto()->signing_required());
    EXPECT_EQ(session.guest(), guest);
    EXPECT_EQ(session.anonymous(), !guest);
  }
}

TEST(SessionTest, GuestsAndAnonymousHaveNoKeyToEncryptWith) {
  for (const bool guest : {true, false}) {
    Session session(7, 1, 0);
    session.BeginAuthentication({}, 0);
    AuthenticatedUser user = Named("Guest");
    user.guest = guest;
    user.anonymous = !guest;
    session.FinishAuthentication(user, kKey, Parameters311(), true);
    EXPECT_FALSE(session.has_secret_keys());
    EXPECT_FALSE(session.CanEncrypt());
    EXPECT_FALSE(session.crypto()->can_seal());
    EXPECT_FALSE(session.MayBecome(Named("alice"), false));
    EXPECT_FALSE(session.MayBecome(Named("Guest"), false));
    EXPECT_TRUE(session.MayBecome(user, true));
    std::swap(user.guest, user.anonymous);
    EXPECT_FALSE(session.MayBecome(user, false));
  }
}

TEST(SessionTest, KeysOfAUserProtectNoOtherUser) {
  AuthenticatedUser guest = Named("Guest");
  guest.guest = true;
  for (const bool signs : {true, false}) {
    const auto session = ValidSession(7, signs);
    EXPECT_TRUE(session->CanEncrypt());
    EXPECT_TRUE(session->MayBecome(Named("alice"), true));
    EXPECT_TRUE(session->MayBecome(guest, true));
    EXPECT_FALSE(session->MayBecome(Named("bob"), true));
    EXPECT_EQ(session->MayBecome(Named("bob"), false), !signs);
  }
  const auto session = ValidSession(7, false);
  session->BeginAuthentication({}, 0);
  session->FinishAuthentication(Named("bob"), kKey, Parameters311(), false);
  EXPECT_FALSE(session->CanEncrypt());
  EXPECT_TRUE(session->MayBecome(Named("alice"), true));
}

TEST(SessionTest, ALaterAuthenticationCanRequireSignaturesAndNeverLiftsThat) {
  const auto session = ValidSession(7, false);
  for (const bool requires_them : {true, false}) {
    session->BeginAuthentication({}, 0);
    session->FinishAuthentication(Named("alice"), kKey, Parameters311(), requires_them);
    EXPECT_TRUE(session->crypto()->signing_required());
  }
}

TEST(SessionTest, ExpiresAtItsTimeAndRevivesByReauthentication) {
  Session session(7, 1, 0);
  session.BeginAuthentication({}, 0);
  AuthenticatedUser user = Named("alice");
  user.expires_nanos = 100;
  session.FinishAuthentication(user, kKey, Parameters311(), true);
  EXPECT_EQ(session.StateAt(99), SessionState::kValid);
  EXPECT_EQ(session.StateAt(100), SessionState::kExpired);
  EXPECT_EQ(session.state(), SessionState::kExpired);
  session.BeginAuthentication({}, 150);
  user.expires_nanos = 300;
  session.FinishAuthentication(user, kKey, Parameters311(), true);
  EXPECT_EQ(session.StateAt(200), SessionState::kValid);
}

TEST(SessionTest, NeverExpiresWithoutATime) {
  EXPECT_EQ(ValidSession()->StateAt(~uint64_t{0}), SessionState::kValid);
}

TEST(SessionTest, IsKnownOnItsOwnConnectionOnly) {
  const auto session = ValidSession();
  ASSERT_NE(session->FindChannel(1), nullptr);
  EXPECT_EQ(session->FindChannel(1)->signing_key, &session->crypto()->signing_key());
  EXPECT_EQ(session->FindChannel(2), nullptr);
}

TEST(SessionTest, TreesHaveDifferentIdsNeverZero) {
  const auto session = ValidSession();
  std::set<uint32_t> ids;
  for (size_t i = 0; i < limits::trees_per_session_max; ++i) {
    const auto tree = session->AddTree("files");
    ASSERT_NE(tree, nullptr);
    EXPECT_NE(tree->id, 0u);
    EXPECT_TRUE(ids.insert(tree->id).second);
  }
  EXPECT_EQ(session->AddTree("one too many"), nullptr);
  const uint32_t first = *ids.begin();
  ASSERT_NE(session->RemoveTree(first), nullptr);
  EXPECT_EQ(session->RemoveTree(first), nullptr);
  EXPECT_EQ(session->FindTree(first), nullptr);
  EXPECT_NE(session->AddTree("files"), nullptr);
}

// Notes when it goes.
struct Note : Attachment {
  explicit Note(std::vector<std::string>* log_in, std::string name_in)
      : log(log_in), name(std::move(name_in)) {}
  ~Note() override { log->push_back(name); }
  std::vector<std::string>* log;
  std::string name;
};

TEST(SessionTest, OpensGoBeforeTreesAndTreesOutliveTheirRemoval) {
  std::vector<std::string> log;
  auto session = ValidSession();
  session->attachment = std::make_unique<Note>(&log, "opens");
  session->AddTree("a")->attachment = std::make_unique<Note>(&log, "tree a");
  std::shared_ptr<Tree> held = session->AddTree("b");
  held->attachment = std::make_unique<Note>(&log, "tree b");
  session.reset();
  EXPECT_EQ(log, (std::vector<std::string>{"opens", "tree a"}));
  held.reset();
  EXPECT_EQ(log.back(), "tree b");
}

TEST(ConnectionTest, AcceptsNegotiateUntilADialectIsSettled) {
  Connection connection(1);
  EXPECT_TRUE(connection.AcceptsNegotiate());
  EXPECT_TRUE(connection.AcceptsSmb1Negotiate());
  EXPECT_FALSE(connection.negotiated());
  ASSERT_TRUE(connection.window.Consume(0, 0, false));
  Negotiated wildcard;
  wildcard.dialect = proto::Dialect::kWildcard;
  connection.Settle(wildcard);
  EXPECT_FALSE(connection.negotiated());
  EXPECT_FALSE(connection.AcceptsSmb1Negotiate());
  EXPECT_TRUE(connection.AcceptsNegotiate());
  Negotiated final;
  final.dialect = proto::Dialect::kSmb311;
  final.cipher = crypto::Cipher::kAes128Gcm;
  connection.Settle(final);
  EXPECT_TRUE(connection.negotiated());
  EXPECT_FALSE(connection.AcceptsNegotiate());
  EXPECT_EQ(connection.key_parameters().cipher, crypto::Cipher::kAes128Gcm);
}

TEST(ConnectionTest, Smb1IsNoLongerWelcomeOnceAnIdWasUsed) {
  Connection connection(1);
  ASSERT_TRUE(connection.window.Consume(0, 0, false));
  EXPECT_FALSE(connection.AcceptsSmb1Negotiate());
}

TEST(ConnectionTest, HoldsABoundedNumberOfSessions) {
  Connection connection(1);
  for (uint64_t id = 1; id <= limits::sessions_per_connection_max; ++id) {
    ASSERT_TRUE(connection.AddSession(std::make_shared<Session>(id, 1, 0)));
  }
  EXPECT_FALSE(connection.AddSession(std::make_shared<Session>(~0ull - 1, 1, 0)));
  EXPECT_NE(connection.RemoveSession(1), nullptr);
  EXPECT_EQ(connection.RemoveSession(1), nullptr);
  EXPECT_EQ(connection.FindSession(1), nullptr);
  EXPECT_FALSE(connection.AddSession(std::make_shared<Session>(2, 1, 0)));
  EXPECT_TRUE(connection.AddSession(std::make_shared<Session>(1, 1, 0)));
  EXPECT_EQ(connection.TakeSessions().size(), limits::sessions_per_connection_max);
  EXPECT_EQ(connection.session_count(), 0u);
}

TEST(ConnectionTest, KnowsWhetherAnybodyHasAuthenticated) {
  Connection connection(1);
  ASSERT_TRUE(connection.AddSession(std::make_shared<Session>(1, 1, 0)));
  EXPECT_FALSE(connection.HasValidSession());
  ASSERT_TRUE(connection.AddSession(ValidSession(2)));
  EXPECT_TRUE(connection.HasValidSession());
}

}  // namespace
}  // namespace sluice::session
