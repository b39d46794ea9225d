using System.Text.Json.Serialization;

namespace Backstay.Archive;

/// <summary>Changes as <see cref="PlanSpool"/> keeps them: a line each.</summary>
[JsonSerializable(typeof(RestoreChange))]
internal sealed partial class RestoreJson : JsonSerializerContext;
