namespace Backstay.Controller.Storage;

/// <summary>Tries everything that a store has to be able to do, in an order in which the first failure explains those after it.</summary>
internal interface IStoreCheck
{
    /// <summary>Says what was tried as it goes; ends with the first step that fails. Leaves nothing behind.</summary>
    IAsyncEnumerable<StoreFinding> RunAsync(CancellationToken cancellationToken);
}

/// <summary>One thing that was tried.</summary>
/// <param name="What">As a sentence's end: "write an object".</param>
/// <param name="Right">What it takes, where the store knows rights by name: <c>s3:PutObject</c>.</param>
/// <param name="Detail">What was found; null when there is no more to say than that it works.</param>
/// <param name="Fault">Why it doesn't work; null when it does.</param>
internal sealed record StoreFinding(string What, string? Right = null, string? Detail = null, StoreCheckFault? Fault = null)
{
    public override string ToString()
    {
        var right = Right is null ? "" : $" ({Right})";
        return Fault is null
            ? $"ok      {What}{right}{(Detail is null ? "" : $": {Detail}")}"
            : $"FAILED  {What}{right}: {Fault.Message}";
    }
}

/// <summary>Why a store can't do what it has to.</summary>
/// <param name="Lasting">The store refuses: trying again is of no use before somebody changes something.</param>
internal sealed record StoreCheckFault(string Message, bool Lasting);
