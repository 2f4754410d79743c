#include "tests/fuzz/fuzz_server.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "server/base/log.h"
#include "server/fs/volume.h"
#include "server/inventory.h"
#include "server/ring/credentials.h"
#include "server/smb/listing.h"
#include "server/storage/memory_backend.h"
#include "server/storage/posix_backend.h"

namespace sluice::fuzz {
namespace {

constexpr uint64_t kShareBytesMax = 4u << 20;
constexpr size_t kBufferBytesMax = 128u << 20;
constexpr uint64_t kSeed = 20220202;
// Far more turns than anything takes after its client has gone.
constexpr int kTurnsToEndMax = 10'000;

// The paths with their contents; null is a directory. Before what they hold.
constexpr std::pair<const char*, const char*> kFiles[] = {
    {"a.txt", "hello, fuzzer"}, {"dir", nullptr},      {"Straße.txt", ""},
    {"dir/b.txt", "b"},         {"dir/deep", nullptr}, {"dir/deep/c.bin", "\x01\x02\x03"},
    {"empty", nullptr},
};

// The first `count` of the files.
ring::Task<void> Fill(storage::Backend& backend, size_t count) {
  const base::Identity nobody;
  for (const auto& [path, contents] : absl::MakeConstSpan(kFiles).subspan(0, count)) {
    int error = 0;
    if (contents == nullptr) {
      error = co_await backend.MakeDirectory(nobody, path, 0777);
    } else {
      storage::OpenFlags flags;
      flags.write = true;
      flags.create = true;
      storage::Result<std::unique_ptr<storage::File>> file =
          co_await backend.Open(nobody, path, flags);
      error = file.error();
      const std::string text = contents;
      const absl::Span<const uint8_t> data(reinterpret_cast<const uint8_t*>(text.data()),
                                           text.size());
      if (error == 0 && !data.empty()) co_await file.value()->Write(data, 0);
    }
    if (error != 0) Finding(absl::StrCat("cannot make ", path));
  }
  const int error = co_await backend.MakeSymlink(nobody, "a.txt", "link");
  if (error != 0) Finding("cannot make a link");
}

}  // namespace

void Finding(const std::string& what) {
  std::fprintf(stderr, "FINDING: %s\n", what.c_str());
  std::abort();
}

Preferences InitialPreferences() {
  Preferences preferences;
  preferences.auth.failure_delay = 0;
  preferences.auth.address_delay = 0;
  preferences.auth.failures_per_user_and_address = 0;
  preferences.auth.failures_per_user = 0;
  return preferences;
}

FuzzServer::FuzzServer() : preferences_(InitialPreferences()), sessions_(random_) {
  base::SetLogLevel(base::LogLevel::kError);
  MakeUsers();
  disk_ = (std::filesystem::temp_directory_path() / "fuzz-disk-XXXXXX").string();
  if (mkdtemp(disk_.data()) == nullptr || chmod(disk_.c_str(), 0777) != 0) {
    Finding("cannot make a directory to share");
  }
  shares_.emplace();
  auth::NtlmOptions ntlm;
  ntlm.allow_guest = true;
  ntlm.allow_anonymous = true;
  state_ = std::unique_ptr<smb::ServerState>(new smb::ServerState{"SLUICE",
                                                                  {1, 2, 3},
                                                                  preferences_,
                                                                  *shares_,
                                                                  sessions_,
                                                                  ntlm,
                                                                  {},
                                                                  *users_,
                                                                  clock_,
                                                                  random_,
                                                                  {},
                                                                  {}});
  state_->identities.can_switch = ring::CanChangeCredentials();
  auto ring = std::make_unique<fakes::SimRing>(
      fakes::SimOptions{.chaos = false, .provided_buffer_bytes = 4096}, clock_, network_);
  ring_ = ring.get();
  ring::Loop::Options options;
  options.clock = &clock_;
  options.pool = &pool_;
  options.ring = std::move(ring);
  options.buffers.bytes_max = kBufferBytesMax;
  options.buffers.registered_bytes_max = 0;
  loop_ = *ring::Loop::Create(std::move(options));
  worker_ = std::make_unique<smb::Worker>(*state_, *loop_);
  loop_->SetTurnHandler(worker_.get());
  state_->workers.push_back(worker_.get());
}

FuzzServer::~FuzzServer() {
  if (!loop_->Shutdown()) Finding("the loop does not end");
  loop_->SetTurnHandler(nullptr);
  std::filesystem::remove_all(disk_);
}

// The file is needed only to make the store.
void FuzzServer::MakeUsers() {
  std::string directory = (std::filesystem::temp_directory_path() / "fuzzXXXXXX").string();
  if (mkdtemp(directory.data()) == nullptr) Finding("cannot make a temporary directory");
  users_ = *auth::UserStore::Open(directory + "/users.json");
  const bool root = ring::CanChangeCredentials();
  if (!users_->Add("alice", kPassword, root ? "daemon" : "").ok() ||
      !users_->Add("bob", kPassword, root ? "games" : "").ok()) {
    Finding("cannot add the users");
  }
  std::filesystem::remove_all(directory);
}

void FuzzServer::Begin(Preferences preferences) {
  // A share without preferences cannot be used.
  for (const char* name : kShares) preferences.shares[name].guest = true;
  for (const char* name : {"fixed", "locked"}) preferences.shares[name].read_only = true;
  preferences_.Set(std::move(preferences));
  random_.Reset(kSeed);
  client_random_.Reset(kSeed + 1);
  // In place: the server's state refers to it.
  shares_.emplace();
  MakeDisk();
  for (const std::string name : {"files", "fixed", "disk", "locked", "IPC$"}) PutShare(name);
}

// The same files as in memory, in a directory that is emptied before.
void FuzzServer::MakeDisk() {
  namespace stdfs = std::filesystem;
  for (const stdfs::directory_entry& entry : stdfs::directory_iterator(disk_)) {
    stdfs::remove_all(entry.path());
  }
  for (const auto& [path, contents] : kFiles) {
    const std::string whole = absl::StrCat(disk_, "/", path);
    if (contents == nullptr) {
      stdfs::create_directory(whole);
      chmod(whole.c_str(), 0777);
    } else {
      std::ofstream(whole) << contents;
      chmod(whole.c_str(), 0666);
    }
  }
  stdfs::create_symlink("a.txt", disk_ + "/link");
  stdfs::create_directory_symlink("dir", disk_ + "/dirlink");
  stdfs::create_symlink("/etc", disk_ + "/outside");
}

std::shared_ptr<smb::Share> FuzzServer::MakeShare(const std::string& name) {
  auto share = std::make_shared<smb::Share>();
  share->name = name;
  if (name == "IPC$") {
    share->kind = smb::ShareKind::kPipe;
    return share;
  }
  share->read_only = name == "fixed" || name == "locked";
  if (name == "disk" || name == "locked") {
    storage::Result<std::unique_ptr<storage::Backend>> backend = storage::OpenPosixBackend(disk_);
    if (!backend.ok()) Finding("cannot open the share's directory");
    share->backend = std::move(backend.value());
  } else {
    share->backend = storage::MakeMemoryBackend(clock_, kShareBytesMax);
    // Memory for contents takes time, and of a share that nobody writes to little is enough.
    ring::Spawn(Fill(*share->backend, share->read_only ? 3 : std::size(kFiles)));
  }
  fs::Volume::Options volume;
  volume.label = share->name;
  volume.read_only = share->read_only;
  share->volume = std::make_shared<fs::Volume>(share->backend, nodes_, clock_, volume);
  return share;
}

void FuzzServer::PutShare(const std::string& name) {
  if (shares_->Find(name) == nullptr) shares_->Put(MakeShare(name));
}

void FuzzServer::Administer(AdminAction action, size_t share) {
  const auto end = [this](InventoryKind kind) {
    InventoryQuery query;
    query.kind = kind;
    query.end = true;
    // The loop ends what matches although nobody waits for its answer.
    smb::TakeInventory(state_->workers, query, std::chrono::milliseconds(0));
  };
  const std::string name = kShares[share];
  switch (action) {
    case AdminAction::kEndSessions:
      return end(InventoryKind::kSessions);
    case AdminAction::kCloseOpens:
      return end(InventoryKind::kOpens);
    case AdminAction::kEndTrees:
      return end(InventoryKind::kTrees);
    case AdminAction::kDropConnections:
      return end(InventoryKind::kConnections);
    case AdminAction::kRemoveShare:
    case AdminAction::kRemoveShareClose:
      if (const std::shared_ptr<smb::Share> removed = shares_->Remove(name);
          removed != nullptr && action == AdminAction::kRemoveShareClose) {
        loop_->Post([this, removed] { worker_->EndTreesOf(*removed); });
      }
      return;
    case AdminAction::kAddShare:
      return PutShare(name);
  }
}

fakes::SimPeer& FuzzServer::Connect() {
  fakes::SimPeer& peer = network_.Connect();
  loop_->load().fetch_add(1);
  loop_->Post([this, fd = peer.fd()] { worker_->AddConnection(fd, "fuzz:1"); });
  return peer;
}

void FuzzServer::CheckIdle() {
  for (int turns = 0; Turn(); ++turns) {
    if (turns == kTurnsToEndMax) Finding("the server does not come to rest");
  }
  Turn();  // descriptors are closed without anybody waiting for it
  if (!worker_->idle()) Finding("a connection is left");
  if (loop_->load().load() != 0) Finding("the loop's load is not zero");
  if (sessions_.size() != 0) Finding(absl::StrCat(sessions_.size(), " sessions are left"));
  if (nodes_.size() != 0) Finding(absl::StrCat(nodes_.size(), " open files are left"));
  if (state_->quotas.opens() != 0 || state_->quotas.pipe_bytes() != 0) {
    Finding("an open or a pipe's memory is still charged");
  }
  if (ring_->operations_in_flight() != 0) {
    Finding(absl::StrCat(ring_->operations_in_flight(), " operations are left"));
  }
  if (loop_->buffers().bytes_in_use() != 0) {
    Finding(absl::StrCat(loop_->buffers().bytes_in_use(), " bytes of buffers are left"));
  }
  if (!ring_->violations().empty()) Finding(ring_->violations()[0]);
}

}  // namespace sluice::fuzz
