#include "server/gateway.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "crypto/processor.h"
#include "server/auth/kerberos.h"
#include "server/auth/winbind.h"
#include "server/base/control_limits.h"
#include "server/base/deadline_call.h"
#include "server/base/fold_name.h"
#include "server/base/limits.h"
#include "server/base/log.h"
#include "server/base/state_directory.h"
#include "server/fs/node_table.h"
#include "server/fs/volume.h"
#include "server/net/listener.h"
#include "server/process_usage.h"
#include "server/ring/blocking_pool.h"
#include "server/ring/credentials.h"
#include "server/ring/loop.h"
#include "server/ring/process_limits.h"
#include "server/smb/capabilities.h"
#include "server/smb/listing.h"
#include "server/smb/observe.h"
#include "server/smb/quotas.h"
#include "server/smb/server_state.h"
#include "server/smb/share.h"
#include "server/smb/worker.h"
#include "server/storage/memory_backend.h"
#include "server/storage/posix_backend.h"

namespace sluice {
namespace {

constexpr uint64_t kMemoryShareBytesMax = uint64_t{4} << 30;
constexpr std::chrono::milliseconds kDrainPoll{5};
constexpr std::chrono::milliseconds kEndTimeout{2000};
constexpr std::chrono::milliseconds kInventoryTimeout{2000};

size_t Cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max<size_t>(1, static_cast<size_t>(CPU_COUNT(&set)));
}

size_t DescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return std::min<rlim_t>(limit.rlim_cur, ring::kDescriptorsWanted);
}

Preferences InitialPreferences(const GatewayOptions& options) {
  Preferences preferences = options.preferences;
  for (const ShareOptions& share : options.shares) {
    preferences.shares[share.name] = share.preferences;
  }
  return preferences;
}

auth::NtlmOptions NtlmOptionsOf(const GatewayOptions& options) {
  constexpr size_t kNetbiosNameMax = 15;
  auth::NtlmOptions ntlm;
  ntlm.netbios_name = absl::AsciiStrToUpper(options.server_name).substr(0, kNetbiosNameMax);
  ntlm.netbios_domain = ntlm.netbios_name;
  ntlm.dns_name = absl::AsciiStrToLower(options.server_name);
  ntlm.allow_guest = options.allow_guest;
  ntlm.allow_anonymous = options.allow_anonymous;
  return ntlm;
}

// The storage may be a server that is gone.
absl::StatusOr<std::unique_ptr<storage::Backend>> OpenStorage(const ShareOptions& options) {
  using Opened = storage::Result<std::unique_ptr<storage::Backend>>;
  const auto opened = std::make_shared<std::optional<Opened>>();
  const absl::Status answered = base::RunWithDeadline(
      [opened, path = options.path] { opened->emplace(storage::OpenPosixBackend(path)); },
      std::chrono::milliseconds(limits::kStorageAnswerMillis));
  const auto failed = [&options](absl::string_view why) {
    return absl::UnavailableError(
        absl::StrCat("share \"", options.name, "\": cannot open ", options.path, ": ", why));
  };
  if (!answered.ok()) {
    return failed(absl::StrCat("its storage does not answer: ", answered.message()));
  }
  const int error = (*opened)->error();
  if (error == -ELOOP) return failed("a symlink is on the way; give its real path");
  if (error != 0) return failed(std::strerror(-error));
  return std::move((*opened)->value());
}

// The preferences that are kept where they are used.
void ObeyShare(smb::Share& share, const Preferences& preferences) {
  const auto found = preferences.shares.find(share.name);
  if (found == preferences.shares.end()) return;  // IPC$, or one that is being removed
  const SharePreferences& wanted = found->second;
  share.read_only = wanted.read_only;
  share.visible = wanted.visible;
  share.volume->set_read_only(wanted.read_only);
  share.volume->set_case_sensitive(wanted.case_sensitive);
  share.volume->set_break_timeout_ms(preferences.timeouts.oplock_break);
}

}  // namespace

class Gateway::Impl {
 public:
  Impl(GatewayOptions options, base::Clock& clock, base::Random& random)
      : options_(std::move(options)),
        clock_(clock),
        random_(random),
        preferences_(InitialPreferences(options_)),
        sessions_(random) {}
  ~Impl() { Stop(); }

  absl::Status Open();
  void Start();
  void Drain();
  void Stop();
  absl::StatusOr<std::function<void()>> PrepareShare(const ShareOptions& options, bool close);
  void RemoveShare(absl::string_view name, bool close);
  ShareUse UseOf(absl::string_view name);
  std::vector<std::string> ShareNames() const;
  Observation Observe();
  Inventory List(const InventoryQuery& query);
  base::AuditLog* audit() const { return audit_.get(); }

  const std::vector<std::string>& addresses() const { return listener_->bound_addresses(); }
  LivePreferences& preferences() { return preferences_; }
  auth::UserStore& users() { return *users_; }
  const session::SessionTable& sessions() const { return sessions_; }
  auth::GroupStore& groups() { return *groups_; }
  const base::RefusalLog& refusals() const { return state_->refusals; }
  auth::LogonThrottle& throttle() { return state_->throttle; }

 private:
  absl::StatusOr<std::shared_ptr<smb::Share>> OpenShare(const ShareOptions& options);
  // Shares that were removed or replaced and still have tree connects; by name, or all.
  std::vector<std::shared_ptr<smb::Share>> Drained(absl::string_view name = "");
  void NoteDrained(const std::shared_ptr<smb::Share>& share);
  void EndTreesOf(absl::string_view name);
  void Obey(const Preferences& preferences);
  absl::Status OpenShares();
  absl::Status OpenAuthentication();
  absl::Status MakeLoops();
  absl::Status OpenListener();
  void StopListening();
  template <typename F>
  void OnEveryLoop(F f);
  bool WaitUntilIdle(std::chrono::milliseconds timeout);

  const GatewayOptions options_;
  base::Clock& clock_;
  base::Random& random_;
  LivePreferences preferences_;
  session::SessionTable sessions_;
  std::unique_ptr<auth::UserStore> users_;
  std::unique_ptr<base::AuditLog> audit_;  // null: nothing is kept
  fs::NodeTable nodes_;
  smb::ShareTable shares_;
  std::mutex drained_mutex_;
  std::vector<std::weak_ptr<smb::Share>> drained_;  // drained_mutex_
  std::unique_ptr<auth::GroupStore> groups_;
  std::unique_ptr<auth::DomainUsers> domain_;         // null: the machine's domain is not asked
  std::unique_ptr<auth::KerberosAcceptor> kerberos_;  // null: off
  std::unique_ptr<ring::BlockingPool> pool_;
  std::unique_ptr<ring::BlockingPool> lookups_;  // for what asks the network who somebody is
  std::vector<std::unique_ptr<ring::Loop>> loops_;
  smb::DescriptorBudget descriptors_;
  std::unique_ptr<smb::ServerState> state_;
  std::vector<std::unique_ptr<smb::Worker>> workers_;  // by loop index
  std::unique_ptr<net::Listener> listener_;
  std::vector<std::thread> threads_;
  uint64_t started_nanos_ = 0;
  std::atomic<bool> stuck_{false};
  bool listening_ = false;
  bool stopped_ = false;
};

absl::Status Gateway::Impl::Open() {
  if (!crypto::ProcessorAvailable(options_.processor)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "[server] processor: this machine has no ", crypto::Name(options_.processor),
        "; it can do ", crypto::Name(crypto::DetectProcessor()), " and what is below"));
  }
  if (absl::Status status = base::MakeStateDirectory(options_.state_dir); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::unique_ptr<auth::UserStore>> users =
      auth::UserStore::Open(options_.state_dir + "/users.json");
  if (!users.ok()) return users.status();
  users_ = *std::move(users);
  if (!options_.audit_file.empty()) {
    absl::StatusOr<std::unique_ptr<base::AuditLog>> audit =
        base::AuditLog::Open(options_.audit_file, clock_);
    if (!audit.ok()) return audit.status();
    audit_ = *std::move(audit);
  }
  absl::StatusOr<std::unique_ptr<auth::GroupStore>> groups =
      auth::GroupStore::Open(options_.state_dir + "/groups.json");
  if (!groups.ok()) return groups.status();
  groups_ = *std::move(groups);
  if (absl::Status status = OpenShares(); !status.ok()) return status;
  if (absl::Status status = OpenAuthentication(); !status.ok()) return status;
  if (absl::Status status = MakeLoops(); !status.ok()) return status;
  if (absl::Status status = OpenListener(); !status.ok()) return status;
  preferences_.Observe([this](const Preferences& now) { Obey(now); });
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<smb::Share>> Gateway::Impl::OpenShare(const ShareOptions& options) {
  auto share = std::make_shared<smb::Share>();
  share->name = options.name;
  share->comment = options.comment;
  share->path = options.path;
  share->in_memory = options.storage == StorageKind::kMemory;
  if (const std::shared_ptr<const smb::Share> now = shares_.Find(options.name);
      now != nullptr && now->name == share->name && now->path == share->path &&
      now->in_memory == share->in_memory) {
    // Only what is said of it changes: the files stay, also those in memory.
    share->backend = now->backend;
    share->volume = now->volume;
    return share;
  }
  if (share->in_memory) {
    share->backend = storage::MakeMemoryBackend(clock_, kMemoryShareBytesMax);
  } else {
    absl::StatusOr<std::unique_ptr<storage::Backend>> backend = OpenStorage(options);
    if (!backend.ok()) return backend.status();
    share->backend = *std::move(backend);
  }
  fs::Volume::Options volume;
  volume.label = options.name;
  share->volume = std::make_shared<fs::Volume>(share->backend, nodes_, clock_, volume);
  return share;
}

absl::Status Gateway::Impl::OpenShares() {
  for (const ShareOptions& options : options_.shares) {
    absl::StatusOr<std::shared_ptr<smb::Share>> share = OpenShare(options);
    if (share.ok()) {
      shares_.Put(*std::move(share));
    } else if (options.optional) {
      base::Log(base::LogLevel::kError, "%s; it is not served", share.status().message());
    } else {
      return share.status();
    }
  }
  auto ipc = std::make_shared<smb::Share>();
  ipc->name = "IPC$";
  ipc->comment = "Remote IPC";
  ipc->kind = smb::ShareKind::kPipe;
  shares_.Put(std::move(ipc));
  return absl::OkStatus();
}

void Gateway::Impl::Obey(const Preferences& preferences) {
  base::SetLogLevel(preferences.log.level);
  base::SetLogFormat(preferences.log.format);
  listener_->set_connections_max(
      std::min<size_t>(preferences.limits.connections, descriptors_.connections));
  for (const std::shared_ptr<smb::Share>& share : shares_.List()) ObeyShare(*share, preferences);
  for (const std::shared_ptr<smb::Share>& share : Drained()) ObeyShare(*share, preferences);
}

std::vector<std::shared_ptr<smb::Share>> Gateway::Impl::Drained(absl::string_view name) {
  std::vector<std::shared_ptr<smb::Share>> in_use;
  const std::lock_guard<std::mutex> lock(drained_mutex_);
  std::erase_if(drained_, [&](const std::weak_ptr<smb::Share>& each) {
    std::shared_ptr<smb::Share> share = each.lock();
    if (share == nullptr) return true;
    if (name.empty() || base::SameName(share->name, name)) {
      in_use.push_back(std::move(share));
    }
    return false;
  });
  return in_use;
}

void Gateway::Impl::NoteDrained(const std::shared_ptr<smb::Share>& share) {
  const std::lock_guard<std::mutex> lock(drained_mutex_);
  drained_.push_back(share);
}

absl::StatusOr<std::function<void()>> Gateway::Impl::PrepareShare(const ShareOptions& options,
                                                                  bool close) {
  absl::StatusOr<std::shared_ptr<smb::Share>> opened = OpenShare(options);
  if (!opened.ok()) return opened.status();
  return [this, share = *std::move(opened), close] {
    ObeyShare(*share, *preferences_.Get());
    const std::shared_ptr<smb::Share> before = shares_.Put(share);
    if (before != nullptr) NoteDrained(before);
    if (close) EndTreesOf(share->name);
  };
}

void Gateway::Impl::RemoveShare(absl::string_view name, bool close) {
  const std::shared_ptr<smb::Share> share = shares_.Remove(name);
  // It may never have been served: an optional one.
  if (share != nullptr) NoteDrained(share);
  if (close) EndTreesOf(name);
}

void Gateway::Impl::EndTreesOf(absl::string_view name) {
  if (threads_.empty()) return;
  for (const std::shared_ptr<smb::Share>& share : Drained(name)) {
    OnEveryLoop([share](smb::Worker& worker) { worker.EndTreesOf(*share); });
  }
}

ShareUse Gateway::Impl::UseOf(absl::string_view name) {
  ShareUse use;
  if (const std::shared_ptr<const smb::Share> share = shares_.Find(name); share != nullptr) {
    use = {.served = true, .trees = share->trees};
  }
  for (const std::shared_ptr<smb::Share>& share : Drained(name)) use.trees += share->trees;
  return use;
}

absl::Status Gateway::Impl::OpenAuthentication() {
  if (options_.winbind) {
    domain_ = auth::MakeWinbindUsers();
    base::Log(base::LogLevel::kInfo, "winbind: %s", auth::DescribeWinbind());
  }
  if (options_.kerberos_keytab.empty()) return absl::OkStatus();
  auth::KerberosOptions kerberos;
  kerberos.keytab = options_.kerberos_keytab;
  kerberos.replay_cache = options_.state_dir + "/kerberos.rcache";
  kerberos.principals.realms = options_.kerberos_realms;
  kerberos.principals.users = options_.kerberos_users;
  absl::StatusOr<std::unique_ptr<auth::KerberosAcceptor>> acceptor =
      auth::KerberosAcceptor::Open(std::move(kerberos), *users_, domain_.get());
  if (!acceptor.ok()) return acceptor.status();
  kerberos_ = *std::move(acceptor);
  return absl::OkStatus();
}

absl::Status Gateway::Impl::MakeLoops() {
  const size_t count = options_.loops == 0 ? Cores() : options_.loops;
  pool_ = std::make_unique<ring::BlockingPool>(std::max<size_t>(4, 2 * count));
  lookups_ = std::make_unique<ring::BlockingPool>(std::max<size_t>(4, 2 * count));
  auth::IdentityOptions identities;
  identities.can_switch = ring::CanChangeCredentials();
  state_ = std::unique_ptr<smb::ServerState>(new smb::ServerState{options_.server_name,
                                                                  {},
                                                                  preferences_,
                                                                  shares_,
                                                                  sessions_,
                                                                  NtlmOptionsOf(options_),
                                                                  identities,
                                                                  *users_,
                                                                  clock_,
                                                                  random_,
                                                                  {},
                                                                  {}});
  descriptors_ = smb::DivideDescriptors(DescriptorLimit(), count);
  state_->quotas.set_opens_max(options_.opens_max != 0 ? options_.opens_max : descriptors_.opens);
  state_->lookups = lookups_.get();
  state_->audit = audit_.get();
  random_.Fill(absl::MakeSpan(state_->guid));
  state_->processor = options_.processor;
  state_->groups = groups_.get();
  state_->domain = domain_.get();
  state_->kerberos = kerberos_.get();
  for (size_t i = 0; i < count; ++i) {
    ring::Loop::Options options;
    options.index = i;
    options.clock = &clock_;
    options.pool = pool_.get();
    absl::StatusOr<std::unique_ptr<ring::Loop>> loop = ring::Loop::Create(std::move(options));
    if (!loop.ok()) return loop.status();
    loops_.push_back(*std::move(loop));
    workers_.push_back(std::make_unique<smb::Worker>(*state_, *loops_.back()));
    loops_.back()->SetTurnHandler(workers_.back().get());
    state_->workers.push_back(workers_.back().get());
  }
  return absl::OkStatus();
}

absl::Status Gateway::Impl::OpenListener() {
  net::ListenerOptions options;
  options.addresses = options_.listen;
  options.sockets = options_.listen_sockets;
  options.on_full = [this](const std::string& peer, size_t max) {
    state_->refusals.Add(
        base::RefusalKind::kLimit, peer, "",
        max != descriptors_.connections || max == limits::connections_max
            ? absl::StrCat("there are ", max, " connections; limits.connections is ", max)
            : absl::StrCat("there are ", max,
                           " connections; RLIMIT_NOFILE (ulimit -n) allows no more"));
  };
  std::vector<ring::Loop*> loops;
  for (const std::unique_ptr<ring::Loop>& loop : loops_) loops.push_back(loop.get());
  absl::StatusOr<std::unique_ptr<net::Listener>> listener = net::Listener::Create(
      options, std::move(loops), [this](ring::Loop& loop, int fd, std::string peer) {
        workers_[loop.index()]->AddConnection(fd, std::move(peer));
      });
  if (!listener.ok()) return listener.status();
  listener_ = *std::move(listener);
  return absl::OkStatus();
}

void Gateway::Impl::Start() {
  started_nanos_ = clock_.MonotonicNanos();
  for (const std::unique_ptr<ring::Loop>& loop : loops_) {
    threads_.emplace_back([this, &loop = *loop] {
      if (!loop.Run()) stuck_ = true;
    });
  }
  listener_->Start();
  listening_ = true;
}

void Gateway::Impl::StopListening() {
  if (!std::exchange(listening_, false)) return;
  auto closed = std::make_shared<std::promise<void>>();
  std::future<void> done = closed->get_future();
  listener_->Stop([closed] { closed->set_value(); });
  done.wait();
}

// Runs `f(worker)` on every loop and waits for all of them.
template <typename F>
void Gateway::Impl::OnEveryLoop(F f) {
  std::vector<std::future<void>> done;
  for (size_t i = 0; i < loops_.size(); ++i) {
    auto ran = std::make_shared<std::promise<void>>();
    done.push_back(ran->get_future());
    loops_[i]->Post([ran, f, worker = workers_[i].get()] {
      f(*worker);
      ran->set_value();
    });
  }
  for (std::future<void>& each : done) each.wait();
}

bool Gateway::Impl::WaitUntilIdle(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    std::atomic<bool> idle{true};
    OnEveryLoop([&idle](smb::Worker& worker) {
      if (!worker.idle()) idle = false;
    });
    if (idle) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kDrainPoll);
  }
}

void Gateway::Impl::Drain() {
  if (threads_.empty() || stopped_) return;
  StopListening();
  OnEveryLoop([](smb::Worker& worker) { worker.DropAll(/*after_send=*/true); });
  if (!WaitUntilIdle(std::chrono::milliseconds(limits::drain_timeout_ms))) {
    base::Log(base::LogLevel::kWarning, "some clients did not finish in time and are cut off");
  }
}

void Gateway::Impl::Stop() {
  if (std::exchange(stopped_, true)) return;
  if (!threads_.empty()) {
    StopListening();
    OnEveryLoop([](smb::Worker& worker) { worker.DropAll(/*after_send=*/false); });
    WaitUntilIdle(kEndTimeout);
  }
  for (const std::unique_ptr<ring::Loop>& loop : loops_) loop->Stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  if (stuck_) {
    // The kernel still has memory and coroutines of the loop in its hands.
    base::Log(base::LogLevel::kError,
              "operations on a share do not come back; the process ends without them: look for a "
              "disk or a network file system that hangs");
    audit_.reset();
    base::CloseLog();
    std::_Exit(EXIT_FAILURE);
  }
  listener_.reset();
  workers_.clear();
  loops_.clear();
}

std::vector<std::string> Gateway::Impl::ShareNames() const {
  std::vector<std::string> names;
  for (const std::shared_ptr<smb::Share>& share : shares_.List()) {
    if (share->kind == smb::ShareKind::kDisk) names.push_back(share->name);
  }
  return names;
}

Observation Gateway::Impl::Observe() {
  Observation sum;
  sum.uptime_nanos = clock_.MonotonicNanos() - started_nanos_;
  for (const std::unique_ptr<smb::Worker>& worker : workers_) smb::Observe(*worker, &sum);
  for (size_t i = 0; i < threads_.size() && i < sum.loops.size(); ++i) {
    sum.loops[i].cpu_nanos = CpuNanos(threads_[i]);
  }
  smb::Observe(state_->refusals, &sum);
  sum.sessions = sessions_.size();
  sum.opens = sessions_.OpenCount();
  sum.resident_bytes = ResidentBytes();
  sum.log_lines_lost = base::LostLogLines();
  sum.counters.emplace_back("failed_removals", nodes_.failed_removals());
  sum.audit_events_lost = audit_ == nullptr ? 0 : audit_->lost();
  return sum;
}

Inventory Gateway::Impl::List(const InventoryQuery& query) {
  return smb::TakeInventory(state_->workers, query, kInventoryTimeout);
}

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Create(GatewayOptions options, base::Clock& clock,
                                                         base::Random& random) {
  auto impl = std::make_unique<Impl>(std::move(options), clock, random);
  if (absl::Status status = impl->Open(); !status.ok()) return status;
  return std::unique_ptr<Gateway>(new Gateway(std::move(impl)));
}

Gateway::Gateway(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Gateway::~Gateway() = default;
void Gateway::Start() { impl_->Start(); }
void Gateway::Drain() { impl_->Drain(); }
void Gateway::Stop() { impl_->Stop(); }
const std::vector<std::string>& Gateway::listen_addresses() const { return impl_->addresses(); }
LivePreferences& Gateway::preferences() { return impl_->preferences(); }
auth::UserStore& Gateway::users() { return impl_->users(); }
const session::SessionTable& Gateway::sessions() const { return impl_->sessions(); }
absl::StatusOr<std::function<void()>> Gateway::PrepareShare(const ShareOptions& options,
                                                            bool close) {
  return impl_->PrepareShare(options, close);
}
void Gateway::RemoveShare(absl::string_view name, bool close) { impl_->RemoveShare(name, close); }
ShareUse Gateway::UseOf(absl::string_view name) const { return impl_->UseOf(name); }
std::vector<std::pair<std::string, std::vector<std::string>>> Gateway::Capabilities() {
  return smb::Capabilities();
}
Observation Gateway::Observe() const { return impl_->Observe(); }
Inventory Gateway::List(const InventoryQuery& query) { return impl_->List(query); }
base::AuditLog* Gateway::audit() const { return impl_->audit(); }
GatewayStatus Gateway::Status() const {
  Observation seen = impl_->Observe();
  GatewayStatus status;
  status.uptime_seconds = seen.uptime_nanos / 1'000'000'000;
  status.loops = seen.loops.size();
  status.shares = impl_->ShareNames();
  status.connections = seen.connections;
  status.crypto_processor = std::move(seen.crypto_processor);
  status.counters = std::move(seen.counters);
  for (const auto& [name, count] : seen.statuses) {
    status.counters.emplace_back("status." + name, count);
  }
  return status;
}
auth::GroupStore& Gateway::groups() { return impl_->groups(); }
const base::RefusalLog& Gateway::refusals() const { return impl_->refusals(); }

auth::LogonThrottle& Gateway::throttle() { return impl_->throttle(); }

}  // namespace sluice
