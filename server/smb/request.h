// One SMB2 command as a handler sees it: decoded header, checked session, tree and open.
#ifndef SLUICE_SERVER_SMB_REQUEST_H_
#define SLUICE_SERVER_SMB_REQUEST_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "absl/types/span.h"
#include "proto/smb2/header.h"
#include "proto/status/nt_status.h"
#include "server/base/audit_log.h"
#include "server/base/identity.h"
#include "server/ring/pipe_pool.h"
#include "server/smb/open.h"
#include "server/smb/response.h"
#include "server/smb/share.h"

namespace sluice::ring {
class Loop;
}
namespace sluice::session {
class Connection;
class Session;
struct Tree;
}  // namespace sluice::session

namespace sluice::smb {

class Chain;
class SmbConnection;

// What stands behind a request: its place in the frame that it came with.
class Exchange : public RoomSource {
 public:
  virtual proto::NtStatus AddOpen(std::shared_ptr<Open> open) = 0;
  virtual bool RemoveOpen() = 0;
  virtual bool SendInterim() = 0;
  virtual ring::Pipe TakePipe(uint64_t offset, size_t bytes) = 0;
  virtual void OnCancel(std::function<void()> cancel) = 0;
  virtual bool cancelled() const = 0;
  virtual bool ended() const = 0;
  // Whether the share's files are audited.
  virtual bool audits() const = 0;
  // Adds who, from where and in which share to the event. No-op where nothing is kept.
  virtual void Audit(base::AuditEvent event) = 0;

 protected:
  ~Exchange() = default;
};

// Lives from dispatch until the handler's task has ended, whatever happens to the connection in the
// meantime; everything it points to does as well. On its loop's thread only.
struct Request {
  SmbConnection& connection;
  // Dialect, negotiated sizes and capabilities of the connection.
  const session::Connection& negotiated;
  ring::Loop& loop;
  proto::Header header;
  // This command, from its SMB2 header on, in a compound up to the next command (so with padding).
  // Writable, private to this request.
  absl::Span<uint8_t> message;
  // Set where the command's row asks for them; looked up and checked.
  session::Session* session = nullptr;
  session::Tree* tree = nullptr;
  const Share* share = nullptr;
  // Whose rights file operations run with; set with `session`.
  const base::Identity* who = nullptr;
  // Set where the row has a file-id offset, and by Chain::LookUpOpen. It is one of `session` in
  // `tree`, and was not closed when the handler began; its kind() is the one the handler is for:
  // kFile in file handlers, kPipe in pipe handlers.
  std::shared_ptr<Open> open;
  Response response;

  // CREATE: puts a new open into the session's table, gives it its id, makes it this request's (and
  // so the one that related commands use). TOO_MANY_OPENED_FILES where the session holds too many,
  // USER_SESSION_DELETED or NETWORK_NAME_DELETED where the session or the tree connect has ended in
  // the meantime: then the handler must Close() it and answer so.
  proto::NtStatus AddOpen(std::shared_ptr<Open> new_open) {
    return exchange->AddOpen(std::move(new_open));
  }
  // CLOSE: takes `open` out of the table. False where another CLOSE was faster: FILE_CLOSED.
  bool RemoveOpen() { return exchange->RemoveOpen(); }

  // A pipe for so many bytes of a file, from `offset` on, that may end the response as they are; an
  // empty handle where they have to be signed, sealed or come before other responses, are few, or
  // no pipe is to be had.
  ring::Pipe TakePipe(uint64_t offset, size_t bytes) { return exchange->TakePipe(offset, bytes); }

  // Answers STATUS_PENDING with an async id, so that the client knows that this takes long. Call
  // before waiting for anything but storage. Ends all spans and writers got from `response`. False
  // where the protocol or the limits do not allow it (not the last of a compound, too many): what
  // ends soon may wait all the same; what may wait without end (CHANGE_NOTIFY) must fail, with
  // INTERNAL_ERROR as Windows does. Idempotent.
  bool SendInterim() { return exchange->SendInterim(); }
  // `cancel` runs at most once, on the loop, when CANCEL names this request, or its session, tree
  // or connection goes away: the handler should end soon, with STATUS_CANCELLED. Runs at once where
  // that has already happened. Pass nullptr when the wait is over.
  void OnCancel(std::function<void()> cancel) { exchange->OnCancel(std::move(cancel)); }
  bool cancelled() const { return exchange->cancelled(); }
  // Cancelled because its tree, session or connection goes away, not by CANCEL.
  bool ended() const { return exchange->ended(); }

  Exchange* exchange = nullptr;
  // The same, for the core's own handlers.
  Chain* chain = nullptr;
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_REQUEST_H_
