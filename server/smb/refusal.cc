#include "server/smb/refusal.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/smb2/negotiate.h"
#include "proto/smb2/structure_size.h"
#include "server/base/audit_log.h"
#include "server/base/log.h"
#include "server/smb/chain.h"
#include "server/smb/smb_connection.h"
#include "server/smb/worker.h"

namespace sluice::smb {

using proto::Dialect;

namespace {

std::string WithLeftOut(absl::string_view why, const base::RefusalLog::Line& line) {
  if (line.left_out == 0) return std::string(why);
  return absl::StrCat(why, " (and ", line.left_out, " more of the client without a line)");
}

}  // namespace

void NoteRefusal(const Request& request, base::RefusalKind kind, absl::string_view user,
                 absl::string_view why, absl::string_view rule) {
  const std::string& peer = request.connection.peer();
  const base::RefusalLog::Line line =
      request.chain->worker().server().refusals.Add(kind, peer, user, why, rule);
  if (!line.write) return;
  const std::string text = WithLeftOut(why, line);
  request.exchange->Audit({.event = kind == base::RefusalKind::kAccess ? "share" : "refused",
                           .ok = false,
                           .user = user,
                           .detail = text});
  base::LogWithIds(base::LogLevel::kInfo, {.connection = request.connection.state().id()},
                   "client %s: %s", peer, text);
}

void NoteEnd(SmbConnection& connection, const proto::Header* header, absl::string_view rule) {
  const std::string& peer = connection.peer();
  const uint64_t id = connection.state().id();
  std::string why = absl::StrCat("connection ended: frame ", connection.frames());
  if (header != nullptr) absl::StrAppend(&why, ", ", FrameName(*header));
  absl::StrAppend(&why, ": ", rule);
  ServerState& server = connection.worker().server();
  const base::RefusalLog::Line line =
      server.refusals.Add(base::RefusalKind::kProtocol, peer, "", why, rule);
  if (!line.write) return;
  why = WithLeftOut(why, line);
  if (server.audit != nullptr) {
    server.audit->Write(
        {.event = "refused", .ok = false, .client = peer, .connection = id, .detail = why});
  }
  base::LogWithIds(base::LogLevel::kInfo, {.connection = id}, "client %s: %s", peer, why);
}

void EndConnection(SmbConnection& connection, const proto::Header* header, absl::string_view rule) {
  if (connection.alive()) NoteEnd(connection, header, rule);
  connection.Drop(net::CloseReason::kProtocolError);
}

std::string NoDialectSentence(absl::Span<const uint16_t> offered,
                              const session::ServerOptions& options) {
  std::vector<absl::string_view> names;
  bool below = true;
  for (const Dialect dialect :
       {Dialect::kSmb202, Dialect::kSmb210, Dialect::kSmb300, Dialect::kSmb302, Dialect::kSmb311}) {
    if (std::find(offered.begin(), offered.end(), static_cast<uint16_t>(dialect)) ==
        offered.end()) {
      continue;
    }
    names.push_back(proto::Name(dialect));
    below = below && dialect < options.dialect_min;
  }
  if (names.empty()) return "client offered no dialect of SMB 2 or 3";
  return absl::StrCat("client offered only SMB ", absl::StrJoin(names, ", "), "; dialect.",
                      below ? "min" : "max", " is ",
                      proto::Name(below ? options.dialect_min : options.dialect_max));
}

std::string FrameName(const proto::Header& header) {
  return absl::StrCat(proto::CommandName(header.command), " with message id ", header.message_id);
}

std::string LogonSentence(absl::string_view user, absl::string_view why) {
  return user.empty() ? absl::StrCat("log-on refused: ", why)
                      : absl::StrCat("log-on of ", base::Quoted(user), " refused: ", why);
}

}  // namespace sluice::smb
