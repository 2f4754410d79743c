// An open named pipe: one end of an RPC connection whose other end is in this process.
#ifndef SLUICE_SERVER_SMB_PIPE_H_
#define SLUICE_SERVER_SMB_PIPE_H_

#include "proto/rpc/pipe_server.h"
#include "proto/rpc/server_description.h"
#include "server/smb/open.h"
#include "server/smb/server_state.h"

namespace sluice::smb {

class PipeOpen final : public Open {
 public:
  static constexpr Kind kOpenKind = Kind::kPipe;

  explicit PipeOpen(proto::rpc::PipeKind pipe) : Open(kOpenKind), server(pipe), pipe_(pipe) {}

  ring::Task<void> Close() override { co_return; }

  const char* name() const { return pipe_ == proto::rpc::PipeKind::kSrvsvc ? "srvsvc" : "wkssvc"; }

  proto::rpc::PipeServer server;
  bool broken = false;  // the client broke the protocol

 private:
  const proto::rpc::PipeKind pipe_;
};

// What the RPC interfaces are to tell about this gateway and its shares.
proto::rpc::ServerDescription DescribeServer(const ServerState& server);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_PIPE_H_
