// Telling the operator who was refused, in plain sentences.
#ifndef SLUICE_SERVER_SMB_REFUSAL_H_
#define SLUICE_SERVER_SMB_REFUSAL_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/base/refusal_log.h"
#include "server/session/server_options.h"
#include "server/smb/request.h"

namespace sluice::smb {

// Remembers, logs and audits it; the client gets a status. `why` ends the sentence "ADDRESS: ...",
// with nothing of the peer's in it that is not base::Quoted.
void NoteRefusal(const Request& request, base::RefusalKind kind, absl::string_view user,
                 absl::string_view why);

// "client offered only SMB 2.1; dialect.min is 3.0".
std::string NoDialectSentence(absl::Span<const uint16_t> offered,
                              const session::ServerOptions& options);

// "log-on of "bob" refused: ...".
std::string LogonSentence(absl::string_view user, absl::string_view why);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_REFUSAL_H_
