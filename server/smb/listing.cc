#include "server/smb/listing.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/ring/task.h"
#include "server/smb/file_open.h"
#include "server/smb/inventory_filter.h"
#include "server/smb/pipe.h"
#include "server/smb/session_state.h"
#include "server/smb/smb_connection.h"
#include "server/smb/worker.h"

namespace sluice::smb {
namespace {

// How much is looked at before the loop may serve its clients again.
constexpr size_t kItemsBetweenPauses = 256;

// Where the loops' answers come together.
class Gathering {
 public:
  Gathering(const InventoryQuery& query, size_t loops) : query_(query), missing_(loops) {}

  const InventoryQuery& query() const { return query_; }
  // Nobody waits any more.
  bool abandoned() const { return abandoned_.load(std::memory_order_relaxed); }

  void Add(std::vector<InventoryRow> rows, uint64_t matched) {
    std::lock_guard<std::mutex> lock(mutex_);
    const size_t room = query_.rows_max - std::min(query_.rows_max, sum_.rows.size());
    const auto end = rows.begin() + static_cast<ptrdiff_t>(std::min(room, rows.size()));
    std::move(rows.begin(), end, std::back_inserter(sum_.rows));
    sum_.matched += matched;
    if (--missing_ == 0) done_.notify_all();
  }

  Inventory Wait(std::chrono::milliseconds timeout) {
    std::unique_lock<std::mutex> lock(mutex_);
    sum_.complete = done_.wait_for(lock, timeout, [this] { return missing_ == 0; });
    abandoned_.store(true, std::memory_order_relaxed);
    return std::move(sum_);
  }

 private:
  const InventoryQuery query_;
  std::atomic<bool> abandoned_{false};
  std::mutex mutex_;
  std::condition_variable done_;
  size_t missing_;  // mutex_
  Inventory sum_;   // mutex_
};

void Describe(const SmbConnection& connection, InventoryRow* row) {
  row->connection = connection.state().id();
  row->client = connection.peer();
  row->dialect = connection.state().negotiated() ? connection.dialect() : proto::Dialect::kWildcard;
}

void Describe(const session::Session& session, InventoryRow* row) {
  row->session = session.id();
  row->user = session.anonymous() ? "(anonymous)" : session.user().name;
  row->domain = session.user().domain;
  row->guest = session.guest();
  row->log_on = std::string(session.user().log_on);
  const auto& state = static_cast<const SessionState&>(*session.attachment);
  row->encrypted = session.encrypt() || state.client_seals;
  if (const session::SessionCryptoState* keys = session.crypto(); keys != nullptr) {
    row->signing = keys->signing_algorithm();
    row->signing_required = keys->signing_required();
    row->cipher = keys->cipher();
  }
}

void Describe(const Activity& activity, InventoryRow* row) {
  row->requests = activity.requests;
  row->bytes_read = activity.bytes_read;
  row->bytes_written = activity.bytes_written;
}

absl::string_view Name(fs::OplockLevel level) {
  switch (level) {
    case fs::OplockLevel::kNone:
      return "none";
    case fs::OplockLevel::kLevelII:
      return "level II";
    case fs::OplockLevel::kExclusive:
      return "exclusive";
    case fs::OplockLevel::kBatch:
      break;
  }
  return "batch";
}

void Describe(const Open& open, InventoryRow* row, std::vector<fs::HeldLock>* locks) {
  row->open = open.id().persistent;
  row->tree = open.tree_id();
  if (open.kind() == Open::Kind::kPipe) {
    row->pipe = true;
    row->path = open.As<PipeOpen>().name();
    return;
  }
  const fs::OpenFile& file = *open.As<FileOpen>().file();
  fs::OpenDescription description = file.node->Describe(file);
  row->path = std::move(description.path);
  if (!file.stream.empty()) absl::StrAppend(&row->path, ":", file.stream);
  row->directory = file.directory;
  row->access = file.mode.access;
  row->sharing = file.mode.share;
  row->oplock = std::string(Name(file.oplock));
  row->delete_on_close = description.delete_on_close;
  row->locks = description.locks.size();
  *locks = std::move(description.locks);
}

// One loop's look at what it owns. Everything is held by shared pointers, so that it may go while
// the look pauses.
class Look {
 public:
  Look(Worker& worker, std::shared_ptr<Gathering> gathering)
      : worker_(worker), gathering_(std::move(gathering)), query_(gathering_->query()) {}

  ring::Task<void> Run() {
    std::vector<std::shared_ptr<SmbConnection>> connections;
    for (const auto& [id, connection] : worker_.connections()) connections.push_back(connection);
    for (const std::shared_ptr<SmbConnection>& connection : connections) {
      if (!connection->alive()) continue;
      co_await LookAt(connection);
      co_await PauseSometimes();
      if (stopped_) break;
    }
    gathering_->Add(std::move(rows_), matched_);
  }

 private:
  ring::Task<void> PauseSometimes() {
    if (++looked_ % kItemsBetweenPauses != 0) co_return;
    // A timer that is due at once: the loop runs what has come meanwhile.
    const int paused = co_await worker_.loop().SleepFor(0);
    stopped_ = paused != 0 || (gathering_->abandoned() && !query_.end);
  }

  // True where the row is one that was asked for.
  bool Take(const InventoryRow& row) {
    if (!Matches(query_, row)) return false;
    ++matched_;
    if (rows_.size() < query_.rows_max) rows_.push_back(row);
    return true;
  }

  ring::Task<void> LookAt(const std::shared_ptr<SmbConnection>& connection) {
    InventoryRow row;
    row.loop = worker_.loop().index();
    Describe(*connection, &row);
    if (query_.kind == InventoryKind::kConnections) {
      Describe(connection->activity, &row);
      row.since = connection->since();
      row.sessions = connection->state().session_count();
      row.requests_in_progress = connection->requests_in_progress();
      row.bytes_in_flight = connection->bytes_in_flight();
      for (const auto& [id, session] : connection->state().sessions()) {
        row.opens += StateOf(*session).opens.size();
      }
      if (Take(row) && query_.end) connection->Drop(net::CloseReason::kLocal);
      co_return;
    }
    std::vector<std::shared_ptr<session::Session>> sessions;
    for (const auto& [id, session] : connection->state().sessions()) sessions.push_back(session);
    for (const std::shared_ptr<session::Session>& session : sessions) {
      if (session->state() == session::SessionState::kInProgress) continue;
      co_await LookAtSession(connection, session, row);
      if (stopped_) co_return;
    }
  }

  ring::Task<void> LookAtSession(const std::shared_ptr<SmbConnection>& connection,
                                 const std::shared_ptr<session::Session>& session,
                                 const InventoryRow& of_connection) {
    InventoryRow row = of_connection;
    Describe(*session, &row);
    if (query_.kind == InventoryKind::kSessions) {
      Describe(StateOf(*session).activity, &row);
      row.since = StateOf(*session).since;
      row.trees = session->trees().size();
      row.opens = StateOf(*session).opens.size();
      if (Take(row) && query_.end) {
        co_await connection->EndSession(session, nullptr, "ended by an administrator");
      }
      co_return;
    }
    if (query_.kind == InventoryKind::kTrees) {
      co_await LookAtTrees(connection, session, row);
    } else {
      co_await LookAtOpens(session, row);
    }
  }

  ring::Task<void> LookAtTrees(const std::shared_ptr<SmbConnection>& connection,
                               const std::shared_ptr<session::Session>& session,
                               const InventoryRow& of_session) {
    std::vector<std::shared_ptr<session::Tree>> trees;
    for (const auto& [id, tree] : session->trees()) trees.push_back(tree);
    for (const std::shared_ptr<session::Tree>& tree : trees) {
      InventoryRow row = of_session;
      row.tree = tree->id;
      row.share = tree->share_name;
      row.encrypted = of_session.encrypted || tree->encrypt;
      if (Take(row) && query_.end) co_await connection->EndTree(session, tree, nullptr);
      co_await PauseSometimes();
      if (stopped_) co_return;
    }
  }

  ring::Task<void> LookAtOpens(const std::shared_ptr<session::Session>& session,
                               const InventoryRow& of_session) {
    OpenTable& table = StateOf(*session).opens;
    for (size_t slot = 0;; ++slot) {
      const std::shared_ptr<Open> open = table.NextFrom(&slot);
      if (open == nullptr) co_return;
      co_await LookAtOpen(session, open, of_session);
      co_await PauseSometimes();
      if (stopped_) co_return;
    }
  }

  ring::Task<void> LookAtOpen(const std::shared_ptr<session::Session>& session,
                              const std::shared_ptr<Open>& open, const InventoryRow& of_session) {
    InventoryRow row = of_session;
    std::vector<fs::HeldLock> locks;
    Describe(*open, &row, &locks);
    if (const auto tree = session->FindTree(open->tree_id()); tree != nullptr) {
      row.share = tree->share_name;
    }
    if (query_.kind == InventoryKind::kLocks) {
      for (const fs::HeldLock& lock : locks) {
        row.offset = lock.range.offset;
        row.length = lock.range.length;
        row.exclusive = lock.exclusive;
        Take(row);
      }
      co_return;
    }
    Describe(open->activity, &row);
    if (!Take(row) || !query_.end) co_return;
    // Requests that are at work on it go on; those to come find it closed.
    if (StateOf(*session).opens.Remove(open->id()) != nullptr) co_await open->Close();
  }

  Worker& worker_;
  const std::shared_ptr<Gathering> gathering_;
  const InventoryQuery& query_;
  std::vector<InventoryRow> rows_;
  uint64_t matched_ = 0;
  size_t looked_ = 0;
  bool stopped_ = false;
};

ring::Task<void> LookHere(Worker& worker, std::shared_ptr<Gathering> gathering) {
  Look look(worker, std::move(gathering));
  co_await look.Run();
}

}  // namespace

Inventory TakeInventory(absl::Span<Worker* const> workers, const InventoryQuery& query,
                        std::chrono::milliseconds timeout) {
  const auto gathering = std::make_shared<Gathering>(query, workers.size());
  for (Worker* const worker : workers) {
    worker->loop().Post([worker, gathering] { ring::Spawn(LookHere(*worker, gathering)); });
  }
  Inventory inventory = gathering->Wait(timeout);
  std::sort(inventory.rows.begin(), inventory.rows.end(),
            [](const InventoryRow& a, const InventoryRow& b) {
              return std::tie(a.connection, a.session, a.tree, a.open, a.offset) <
                     std::tie(b.connection, b.session, b.tree, b.open, b.offset);
            });
  return inventory;
}

}  // namespace sluice::smb
