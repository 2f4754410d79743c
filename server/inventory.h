// Who and what is there now: connections, sessions, trees, opens and locks, as rows; and the filter
// that chooses among them, for looking and for ending.
#ifndef SLUICE_SERVER_INVENTORY_H_
#define SLUICE_SERVER_INVENTORY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "crypto/algorithms.h"
#include "proto/smb2/negotiate.h"

namespace sluice {

enum class InventoryKind : uint8_t { kConnections, kSessions, kTrees, kOpens, kLocks };

// Every member that is set must match; user and share without regard to ASCII case.
struct InventoryFilter {
  // Of the connection, session or open itself; 0: any.
  uint64_t id = 0;
  // Address, or address and port, of the client; "": any.
  std::string client;
  // Sessions and below.
  std::string user;
  // Trees and below.
  std::string share;
  // Opens and locks: the path from the share's root or of a directory above it, with '/' or '\';
  // with '*' or '?' a pattern for the whole path.
  std::string path;

  bool empty() const {
    return id == 0 && client.empty() && user.empty() && share.empty() && path.empty();
  }
};

struct InventoryQuery {
  InventoryKind kind = InventoryKind::kSessions;
  InventoryFilter filter;
  size_t rows_max = 1000;
  // Ends what matches: drops the connection, logs the session off, disconnects the tree, closes the
  // open. Not for locks.
  bool end = false;
};

// One row. What it says of its parents is there for all below them; what its kind does not have is
// zero or empty.
struct InventoryRow {
  size_t loop = 0;
  uint64_t connection = 0;
  std::string client;
  proto::Dialect dialect = proto::Dialect::kWildcard;  // before the negotiation
  int64_t since = 0;                                   // wall nanoseconds: connections, sessions
  // Of this connection, session or open.
  uint64_t requests = 0;
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  // Below it.
  size_t sessions = 0;
  size_t trees = 0;
  size_t opens = 0;
  size_t locks = 0;

  // Connections.
  size_t requests_in_progress = 0;
  size_t bytes_in_flight = 0;

  // Sessions.
  uint64_t session = 0;
  std::string user;
  std::string domain;
  crypto::SigningAlgorithm signing = crypto::SigningAlgorithm::kHmacSha256;
  bool signing_required = false;
  crypto::Cipher cipher = crypto::Cipher::kNone;
  bool encrypted = false;  // trees too
  bool guest = false;
  std::string log_on;  // "NTLM", "Kerberos", "guest", "anonymous"

  // Trees.
  uint32_t tree = 0;
  std::string share;

  // Opens.
  uint64_t open = 0;
  std::string path;  // from the share's root, with '/'; a stream behind ':'; of a pipe its name
  bool directory = false;
  bool pipe = false;
  uint32_t access = 0;
  uint32_t sharing = 0;  // as CREATE's ShareAccess
  std::string oplock;    // that it was given
  bool delete_on_close = false;

  // Locks.
  uint64_t offset = 0;
  uint64_t length = 0;
  bool exclusive = false;
};

struct Inventory {
  std::vector<InventoryRow> rows;
  uint64_t matched = 0;   // rows_max cuts the rows, not this
  bool complete = false;  // false: a loop did not answer in time
};

}  // namespace sluice

#endif  // SLUICE_SERVER_INVENTORY_H_
