using System.Text.Json;
using System.Text.Json.Serialization;
using Backstay.Protocol.Admin;

namespace Backstay.Protocol.Agent;

/// <summary>How the agent API is written; the same context serves both sides.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(ApiError))]
[JsonSerializable(typeof(Seed))]
[JsonSerializable(typeof(EnrolRequest))]
[JsonSerializable(typeof(EnrolResponse))]
[JsonSerializable(typeof(AgentHealth))]
[JsonSerializable(typeof(OpenSession))]
[JsonSerializable(typeof(UploadSession))]
[JsonSerializable(typeof(LeaseRenewal))]
[JsonSerializable(typeof(CompleteUpload))]
[JsonSerializable(typeof(FailBackup))]
[JsonSerializable(typeof(DrillOffer))]
[JsonSerializable(typeof(DrillLease))]
[JsonSerializable(typeof(DrillReport))]
public sealed partial class AgentJson : JsonSerializerContext;
