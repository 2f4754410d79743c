// Telling the operator who was refused, in plain sentences.
#ifndef SLUICE_SERVER_SMB_REFUSAL_H_
#define SLUICE_SERVER_SMB_REFUSAL_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/smb2/header.h"
#include "server/base/refusal_log.h"
#include "server/session/server_options.h"
#include "server/smb/request.h"

namespace sluice::smb {

// Remembers, logs and audits it; the client gets a status. `why` ends the sentence "ADDRESS: ...",
// with nothing of the peer's in it that is not base::Quoted. With a `rule`, `why` is "READ with
// message id 5: RULE". Beyond a rate the client has no line in log and audit log.
void NoteRefusal(const Request& request, base::RefusalKind kind, absl::string_view user,
                 absl::string_view why, absl::string_view rule = "");

// Ends the connection for what the client sent, after NoteEnd.
void EndConnection(SmbConnection& connection, const proto::Header* header, absl::string_view rule);
// Remembers, logs and audits "connection ended: frame 3, READ with message id 5: RULE". `rule` says
// what was violated, with its section where it has one, and nothing of the peer's. `header`: the
// command's; null where none can be read.
void NoteEnd(SmbConnection& connection, const proto::Header* header, absl::string_view rule);

// "client offered only SMB 2.1; dialect.min is 3.0".
std::string NoDialectSentence(absl::Span<const uint16_t> offered,
                              const session::ServerOptions& options);

// "READ with message id 5".
std::string FrameName(const proto::Header& header);

// "log-on of "bob" refused: ...".
std::string LogonSentence(absl::string_view user, absl::string_view why);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_REFUSAL_H_
