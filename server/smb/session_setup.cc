// SESSION_SETUP: the first authentication, later ones, and the end of the session that a client
// lost [MS-SMB2] 3.3.5.5.
#include "proto/smb2/session_setup.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/smb2/logoff.h"
#include "server/auth/identity_map.h"
#include "server/base/limits.h"
#include "server/base/log.h"
#include "server/smb/chain.h"
#include "server/smb/core_handlers.h"
#include "server/smb/previous_session.h"
#include "server/smb/refusal.h"
#include "server/smb/session_state.h"
#include "server/smb/smb_connection.h"
#include "server/smb/unfinished_logons.h"
#include "server/smb/worker.h"

namespace sluice::smb {

using proto::NtStatus;

namespace {

constexpr size_t kUserBytesMax = 4 * limits::user_name_characters_max;  // in UTF-8
// Between two looks at what is being judged, where auth.address_delay is 0.
constexpr uint64_t kThrottleWaitMillisMin = 10;
constexpr uint64_t kNanosPerMilli = 1'000'000;
constexpr uint64_t kNanosPerSecond = 1'000'000'000;

// Of those whose users have proved who they are; "" if one more may come. Loops that ask at the
// same time may let in one more each.
std::string NoSessionLeft(Worker& worker) {
  const size_t count = worker.server().sessions.published();
  const uint64_t max = worker.preferences().limits.sessions;
  if (count < max) return "";
  return absl::StrCat("there are ", count, " sessions; limits.sessions is ", max);
}

// The session that this request is about: a new one, or the connection's.
NtStatus FindOrMakeSession(Request& request) {
  Chain& chain = *request.chain;
  Worker& worker = chain.worker();
  session::Connection& state = request.connection.state();
  if (request.header.session_id != 0) {
    return chain.session() == nullptr ? NtStatus::kUserSessionDeleted : NtStatus::kOk;
  }
  session::SessionTable& table = worker.server().sessions;
  const LimitPreferences& limits = worker.preferences().limits;
  std::string full = NoSessionLeft(worker);
  std::unique_ptr<UnfinishedLogons::Place> place;
  if (const size_t own = state.session_count();
      full.empty() && own >= limits.sessions_per_connection) {
    full = absl::StrCat("its connection has ", own, " sessions; limits.sessions_per_connection is ",
                        limits.sessions_per_connection);
  }
  if (full.empty()) {
    place = worker.server().unfinished_logons.Enter(request.connection.peer(),
                                                    state.unfinished_count(), &full);
  }
  if (!full.empty()) {
    NoteRefusal(request, base::RefusalKind::kLimit, "", full);
    return NtStatus::kInsufficientResources;
  }
  auto fresh = std::make_shared<session::Session>(table.Reserve(), state.id(), worker.loop().now());
  fresh->attachment = std::make_unique<SessionState>();
  StateOf(*fresh).unfinished = std::move(place);
  if (!state.AddSession(fresh)) {
    table.Remove(fresh->id());
    return NtStatus::kInsufficientResources;
  }
  chain.SetSession(std::move(fresh));
  return NtStatus::kOk;
}

// The authentication in flight, or a new one.
session::Authentication& CurrentAuthentication(Request& request) {
  Worker& worker = request.chain->worker();
  session::Session& session = *request.chain->session();
  if (session.authentication() != nullptr) return *session.authentication();
  session::Authentication& fresh =
      session.BeginAuthentication(request.connection.state().preauth, worker.loop().now());
  ServerState& server = worker.server();
  auth::AuthEnvironment environment;
  environment.ntlm = {&server.ntlm, &server.users, &server.random, &server.clock, server.domain};
  const std::shared_ptr<const Preferences> preferences = server.preferences.Get();
  environment.allow_ntlm = preferences->auth.ntlm;
  environment.kerberos_ignore_case = preferences->auth.kerberos_ignore_case;
  environment.kerberos = server.kerberos;
  fresh.mechanism = std::make_unique<AuthenticationState>(environment);
  request.connection.WatchAuthentications();
  return fresh;
}

// Who has authenticated, as Unix sees it, registered with this loop's ring. Null: refused.
ring::Task<std::shared_ptr<const base::Identity>> FindIdentity(Worker& worker,
                                                               const auth::AuthResult& who) {
  const auth::IdentityOptions options = worker.server().identities;
  const bool guest = who.guest || who.anonymous;
  absl::StatusOr<base::Identity> identity = auth::ProcessIdentity();
  if (options.can_switch) {
    auto resolve = [options, guest, user = who.user, unix_user = who.unix_user] {
      return guest ? auth::ResolveGuestIdentity(options)
                   : auth::ResolveIdentity(options, user, unix_user);
    };
    auto operation = worker.OffloadLookup(std::move(resolve));
    identity = co_await operation;
  }
  if (!identity.ok()) {
    base::Log(base::LogLevel::kWarning, "user \"%s\" has no Unix account: %s", who.user,
              std::string(identity.status().message()));
    co_return nullptr;
  }
  // Credentials that the kernel refuses are refused here, and not by every operation.
  ring::Personalities::Pin pin;
  const int registered = worker.loop().personalities().Acquire(*identity, &pin);
  pin.Release();
  if (registered < 0) {
    base::Log(base::LogLevel::kError, "the credentials of \"%s\" cannot be registered: error %d",
              who.user, -registered);
    co_return nullptr;
  }
  co_return std::make_shared<const base::Identity>(*std::move(identity));
}

void Publish(Worker& worker, SmbConnection& connection,
             const std::shared_ptr<session::Session>& session) {
  session::SessionInfo info;
  info.id = session->id();
  info.user = session->user().name;
  info.name_match = session->user().name_match;
  info.domain = session->user().domain;
  info.client_address = connection.peer();
  info.dialect = connection.dialect();
  info.signing_algorithm = session->crypto()->signing_algorithm();
  info.signing_required = session->crypto()->signing_required();
  info.cipher = session->crypto()->cipher();
  info.encrypted = session->encrypt() || StateOf(*session).client_seals;
  info.guest = session->guest();
  info.anonymous = session->anonymous();
  info.log_on = session->user().log_on;
  int64_t& since = StateOf(*session).since;
  if (since == 0) since = worker.server().clock.WallNanos();
  info.started_wall_nanos = since;
  info.opens = StateOf(*session).opens.shared_size();
  info.loop_index = worker.loop().index();
  info.connection_id = connection.state().id();
  worker.server().sessions.Publish(info, session);
}

// Makes the session usable, or says why it may not be.
absl::string_view Establish(Request& request, const proto::SessionSetupRequest& setup,
                            const auth::AuthResult& who,
                            std::shared_ptr<const base::Identity> identity) {
  Worker& worker = request.chain->worker();
  SmbConnection& connection = request.connection;
  const std::shared_ptr<session::Session>& session = request.chain->session();
  const bool first = session->crypto() == nullptr;
  session::AuthenticatedUser user;
  user.name = who.user;
  user.name_match = who.name_match;
  user.domain = who.domain;
  user.guest = who.guest;
  user.anonymous = who.anonymous;
  user.log_on = who.anonymous ? "anonymous" : who.guest ? "guest" : who.mechanism;
  if (who.lifetime_seconds != 0) {
    user.expires_nanos = worker.loop().now() + who.lifetime_seconds * kNanosPerSecond;
  }
  user.identity = std::move(identity);
  const bool require_signing = connection.state().terms().RequiresSigning(setup.security_mode);
  if (!session->MayBecome(user, require_signing || StateOf(*session).reject_plain)) {
    return session->has_secret_keys() ? "the session's keys are another user's"
                                      : "the session has no user's keys: it began as a guest's";
  }
  session::KeyParameters keys = connection.state().key_parameters(worker.server().processor);
  keys.preauth_hash = session->authentication()->preauth.value();
  session->FinishAuthentication(std::move(user), who.session_key.span(), keys, require_signing);
  if (first) {
    const EncryptionMode mode = worker.server().preferences.Get()->encryption;
    if (mode == EncryptionMode::kRequired && !session->CanEncrypt()) {
      return "encryption.mode is required and the session has no key to encrypt with";
    }
    session->set_encrypt(mode >= EncryptionMode::kDesired && session->CanEncrypt());
    StateOf(*session).reject_plain = mode == EncryptionMode::kRequired;
    base::LogWithIds(
        base::LogLevel::kInfo, {.connection = connection.state().id(), .session = session->id()},
        "client %s has come: %s by %s, SMB %s, signing %s, cipher %s", connection.peer(),
        who.anonymous ? "(anonymous)" : who.user.c_str(), who.mechanism,
        proto::Name(connection.dialect()), crypto::Name(session->crypto()->signing_algorithm()),
        crypto::Name(session->crypto()->cipher()));
  }
  Publish(worker, connection, session);
  StateOf(*session).unfinished.reset();
  connection.SessionsChanged();
  worker.counters().logons.Add();
  const std::string how = absl::StrCat(session->user().log_on, first ? "" : ", again");
  request.exchange->Audit({.event = "logon", .detail = how});
  return "";
}

void Respond(Request& request, const std::vector<uint8_t>& token) {
  const session::Session& session = *request.chain->session();
  proto::SessionSetupResponse response;
  if (session.guest()) response.session_flags |= proto::kSessionFlagIsGuest;
  if (session.anonymous()) response.session_flags |= proto::kSessionFlagIsNull;
  if (session.encrypt()) response.session_flags |= proto::kSessionFlagEncryptData;
  response.security_buffer = token;
  response.Encode(request.response.body());
}

// A failed authentication ends its session, new or not.
ring::Task<void> Refuse(Request& request) {
  request.chain->worker().counters().failed_logons.Add();
  const std::shared_ptr<session::Session> session = request.chain->session();
  session->AbandonAuthentication();
  co_await request.connection.EndSession(session, request.chain, "its new log-on was refused");
}

NtStatus Check(Request& request, const proto::SessionSetupRequest& setup) {
  if ((setup.flags & proto::kSessionFlagBinding) != 0) {
    // No multichannel, so no binding, in whatever dialect.
    return NtStatus::kRequestNotAccepted;
  }
  const EncryptionMode mode = request.chain->worker().server().preferences.Get()->encryption;
  if (mode == EncryptionMode::kRequired &&
      request.negotiated.terms().cipher == crypto::Cipher::kNone) {
    NoteRefusal(request, base::RefusalKind::kProtocol, "",
                "client offered no encryption that is on; encryption.mode is required");
    return NtStatus::kAccessDenied;
  }
  return NtStatus::kOk;
}

auth::ThrottleLimits LimitsNow(const ServerState& server) {
  const AuthPreferences preferences = server.preferences.Get()->auth;
  auth::ThrottleLimits limits;
  limits.window = preferences.failure_window;
  limits.failures_per_user_and_address = preferences.failures_per_user_and_address;
  limits.failures_per_user = preferences.failures_per_user;
  limits.failures_per_address = preferences.failures_per_address;
  limits.failure_delay = preferences.failure_delay;
  limits.address_delay = preferences.address_delay;
  return limits;
}

// Holds this request up, and nothing else; a client that goes away is not waited for.
ring::Task<void> Pause(Request& request, uint64_t millis) {
  if (millis == 0 || request.cancelled()) co_return;
  ring::Sleep sleep = request.loop.SleepFor(millis * kNanosPerMilli);
  request.OnCancel([&sleep] { sleep.Wake(); });
  co_await sleep;
  request.OnCancel(nullptr);
}

// One step of the exchange, on the blocking pool if it may wait.
ring::Task<NtStatus> StepExchange(Request& request, auth::SpnegoServer& spnego,
                                  absl::Span<const uint8_t> token, std::vector<uint8_t>* reply) {
  if (!spnego.Blocks(token)) co_return spnego.Step(token, reply);
  auto step = [&spnego, token, reply] { return spnego.Step(token, reply); };
  auto operation = request.chain->worker().OffloadLookup(std::move(step));
  const NtStatus status = co_await operation;
  co_return status;
}

// Waits as long as the throttle wants it.
ring::Task<auth::Verdict> AskThrottle(Request& request, const auth::ThrottleLimits& limits,
                                      const auth::Claim& claim) {
  auth::LogonThrottle& throttle = request.chain->worker().server().throttle;
  auth::Verdict verdict = throttle.Ask(limits, claim, /*waited=*/false);
  while (verdict.admission == auth::Admission::kAfterDelay && !request.cancelled()) {
    co_await Pause(request, std::max(verdict.delay_millis, kThrottleWaitMillisMin));
    // Many may have waited side by side.
    verdict = throttle.Ask(limits, claim, /*waited=*/true);
  }
  co_return verdict;
}

// A token that answers for a user's password, and what came of it: counted, delayed, refused
// unseen where there were too many. Nothing of the session may be used before it is known to be
// there still. `*claim` is who tries.
ring::Task<NtStatus> Attempt(Request& request, auth::SpnegoServer& spnego,
                             absl::Span<const uint8_t> token, std::vector<uint8_t>* reply,
                             auth::Claim* claim) {
  ServerState& server = request.chain->worker().server();
  const auth::ThrottleLimits limits = LimitsNow(server);
  claim->peer = request.connection.peer();
  claim->client = request.connection.state().terms().client_guid;
  std::string& user = claim->user;
  auth::Verdict verdict;
  const bool judges = spnego.ClaimedUser(token, &user);
  if (judges) {
    // What is longer is no user's name, and is not remembered whole.
    user.resize(std::min(user.size(), kUserBytesMax));
    verdict = co_await AskThrottle(request, limits, *claim);
    // The client has gone meanwhile.
    if (verdict.admission == auth::Admission::kAfterDelay) co_return NtStatus::kUserSessionDeleted;
    if (verdict.admission != auth::Admission::kAtOnce) {
      const absl::string_view where = verdict.admission == auth::Admission::kRefusedHere
                                          ? "from this address"
                                          : "from everywhere";
      NoteRefusal(request, base::RefusalKind::kThrottled, user,
                  LogonSentence(user, absl::StrCat("too many failures ", where)));
      co_await Pause(request, limits.failure_delay);
      co_return NtStatus::kAccountLockedOut;
    }
  }
  const NtStatus status = co_await StepExchange(request, spnego, token, reply);
  const bool failed = status != NtStatus::kOk && status != NtStatus::kMoreProcessingRequired;
  if (failed) server.throttle.Failed(limits, *claim, verdict.lane);
  if (judges) server.throttle.Judged(*claim, verdict.lane);
  if (failed) {
    std::string rule = spnego.Reason();
    if (rule.empty()) rule = std::string(proto::Name(status));
    const std::string reason = status == NtStatus::kInvalidParameter
                                   ? absl::StrCat(FrameName(request.header), ": ", rule)
                                   : rule;
    NoteRefusal(request, base::RefusalKind::kLogon, user, LogonSentence(user, reason), rule);
    co_await Pause(request, limits.failure_delay);
    // As if nobody had looked at it.
    if (verdict.lane == auth::Lane::kSlow) co_return NtStatus::kAccountLockedOut;
  }
  co_return status;
}

// Whether the session has outlived the pause.
bool IsThere(Request& request) {
  const SmbConnection& connection = request.connection;
  const std::shared_ptr<session::Session>& session = request.chain->session();
  return connection.alive() && connection.FindSession(session->id()) == session;
}

// After the mechanism said yes.
ring::Task<NtStatus> Complete(Request& request, const proto::SessionSetupRequest& setup,
                              auth::SpnegoServer& spnego, const auth::Claim& claim) {
  Chain& chain = *request.chain;
  const auth::AuthResult who = spnego.TakeResult();
  // Any name makes a guest.
  if (!claim.user.empty() && !who.guest && !who.anonymous) {
    chain.worker().server().throttle.Succeeded(claim);
  }
  std::shared_ptr<const base::Identity> identity = co_await FindIdentity(chain.worker(), who);
  if (!IsThere(request)) co_return NtStatus::kUserSessionDeleted;
  if (chain.session()->crypto() == nullptr) {
    if (const std::string full = NoSessionLeft(chain.worker()); !full.empty()) {
      NoteRefusal(request, base::RefusalKind::kLimit, who.user, full);
      co_await Refuse(request);
      co_return NtStatus::kInsufficientResources;
    }
  }
  absl::string_view problem;
  if (identity == nullptr) {
    problem = "there is no Unix account for the user";
  } else {
    problem = Establish(request, setup, who, std::move(identity));
  }
  if (!problem.empty()) {
    NoteRefusal(request, base::RefusalKind::kLogon, who.user, LogonSentence(who.user, problem));
    co_await Refuse(request);
    co_return NtStatus::kAccessDenied;
  }
  // Sessions are told apart by their user's name, which a guest or nobody has not proved to have.
  if (setup.previous_session_id != 0 && !who.guest && !who.anonymous) {
    co_await EndPreviousSession(chain.worker(), setup.previous_session_id, chain.session());
  }
  co_return NtStatus::kOk;
}

}  // namespace

ring::Task<NtStatus> HandleSessionSetup(Request& request) {
  Chain& chain = *request.chain;
  proto::SessionSetupRequest setup;
  if (!proto::SessionSetupRequest::Decode(request.message, &setup)) {
    constexpr char kRule[] = "its security buffer is not in the message ([MS-SMB2] 2.2.5)";
    NoteRefusal(request, base::RefusalKind::kProtocol, "",
                absl::StrCat(FrameName(request.header), ": ", kRule), kRule);
    co_return NtStatus::kInvalidParameter;
  }
  request.connection.NoteProgress();
  NtStatus status = Check(request, setup);
  if (status == NtStatus::kOk) status = FindOrMakeSession(request);
  if (status != NtStatus::kOk) co_return status;

  session::Authentication& authentication = CurrentAuthentication(request);
  AuthenticationState& mechanism = MechanismOf(authentication);
  // The one before is still being answered.
  if (mechanism.busy) co_return NtStatus::kRequestNotAccepted;
  mechanism.busy = true;
  const bool hashes = request.connection.dialect() == proto::Dialect::kSmb311;
  if (hashes) authentication.preauth.Update(request.message);
  std::vector<uint8_t> token;
  // The session may end while this waits.
  const std::shared_ptr<auth::SpnegoServer> spnego = mechanism.spnego;
  auth::Claim claim;
  status = co_await Attempt(request, *spnego, setup.security_buffer, &token, &claim);
  if (!IsThere(request)) co_return NtStatus::kUserSessionDeleted;
  request.connection.NoteProgress();
  if (status == NtStatus::kMoreProcessingRequired) {
    mechanism.busy = false;
    if (hashes) chain.HashResponse(&authentication.preauth);
    request.response.KeepBody();
    Respond(request, token);
    co_return status;
  }
  if (status != NtStatus::kOk) {
    co_await Refuse(request);
    co_return status;
  }
  status = co_await Complete(request, setup, *spnego, claim);
  if (status != NtStatus::kOk) co_return status;
  if (chain.session()->has_secret_keys()) chain.ForceSignature();
  Respond(request, token);
  co_return NtStatus::kOk;
}

ring::Task<NtStatus> HandleLogoff(Request& request) {
  const std::shared_ptr<session::Session> session = request.chain->session();
  co_await request.connection.EndSession(session, request.chain, "the client has logged off");
  proto::LogoffResponse().Encode(request.response.body());
  co_return NtStatus::kOk;
}

}  // namespace sluice::smb
