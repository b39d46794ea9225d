using System.Text.Json;
using Backstay.Agent.Platform;
using Backstay.Protocol.Agent;

namespace Backstay.Agent.Enrolment;

/// <summary>Trades a seed for a credential.</summary>
internal static class Enroller
{
    private const int PinBytes = 32;

    /// <exception cref="EnrolmentException">Not a seed, an old one, or one that isn't safe to use.</exception>
    public static Seed ParseSeed(string json, TimeProvider time)
    {
        Seed? seed;
        try
        {
            seed = JsonSerializer.Deserialize(json, EnrolmentJson.Default.Seed);
        }
        catch (JsonException e)
        {
            throw new EnrolmentException($"This is not a seed: {e.Message} Export a new one from the controller.");
        }

        if (seed is not { Format: 1 })
            throw new EnrolmentException("The seed is of a format that this agent doesn't know. Update the agent.");
        if (seed.Pins.Count == 0 || !seed.Pins.All(IsPin))
            throw new EnrolmentException("The seed has no pins by which to know the controller, or broken ones. Export a new one.");
        if (seed.Expires <= time.GetUtcNow())
            throw new EnrolmentException($"The seed could be used until {seed.Expires:u}. Export a new one from the controller.");
        try
        {
            _ = new AgentClientAddresses(seed.Controllers);
        }
        catch (ArgumentException e)
        {
            throw new EnrolmentException($"The seed can't be used: {e.Message}");
        }

        return seed;
    }

    /// <summary>Asks the controllers of the seed in order until one answers.</summary>
    public static async Task<(AgentVerdict Verdict, EnrolmentRecord? Enrolment, string Message)> EnrolAsync(
        Seed seed, HttpClient http, TimeProvider time, CancellationToken cancellationToken)
    {
        var addresses = new AgentClientAddresses(seed.Controllers);
        var client = new AgentClient(http, addresses, credential: null, time);
        var request = new EnrolRequest(seed.ApplianceId, seed.Token, Environment.MachineName, AgentVersion.Current);
        var failures = new List<string>();
        for (var i = 0; i < addresses.Count; i++)
        {
            var answer = await client.EnrolAsync(request, cancellationToken);
            if (answer.Value is { } value)
            {
                var enrolment = new EnrolmentRecord(
                    EnrolmentRecord.CurrentFormat, value.ApplianceId, value.ApplianceName, seed.Controllers, seed.Pins, value.Credential);
                return (AgentVerdict.Ok, enrolment, "");
            }

            if (answer.Verdict != AgentVerdict.TryAgain)
                return (answer.Verdict, null, answer.Message);
            failures.Add(answer.Message);
        }

        return (AgentVerdict.TryAgain, null, string.Join(Environment.NewLine, failures));
    }

    private static bool IsPin(string pin)
    {
        Span<byte> bytes = stackalloc byte[PinBytes + 1];
        return Convert.TryFromBase64String(pin, bytes, out var written) && written == PinBytes;
    }
}
