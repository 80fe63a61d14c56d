"""Search a network and its training by Optuna, which stops what does not promise anything.

python examples/search/optuna_study.py --help; needs `pip install optuna`.
"""

import argparse

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import symnet as mx


def build_network(layers: int, units: int, dropout: float) -> mx.SymbolicNode:
    """Return a perceptron for 64 pixels and ten digits."""
    net = mx.Variable("data")
    for number in range(1, layers + 1):
        net = mx.FullyConnected(net, num_hidden=units, name=f"fc{number}")
        net = mx.Dropout(mx.Activation(net, act_type="relu"), p=dropout)
    return mx.SoftmaxOutput(mx.FullyConnected(net, num_hidden=10, name="scores"), name="softmax")


def main() -> None:
    """Search, and print the best of all trials."""
    options = read_options()
    import optuna

    images, digits = load_digits(return_X_y=True)
    train, test, known, wanted = train_test_split(images / 16, digits, random_state=options.seed)

    def objective(trial: optuna.Trial) -> float:
        mx.srand(options.seed)
        model = mx.FeedForward(
            build_network(
                trial.suggest_int("layers", 1, 3),
                trial.suggest_int("units", 16, 128, log=True),
                trial.suggest_float("dropout", 0.0, 0.5),
            )
        )

        def report(model: mx.FeedForward, state: mx.OptimizationState, _: object) -> None:
            accuracy = model.history[-1]["validation_accuracy"]
            trial.report(accuracy, state.curr_epoch)
            if trial.should_prune():
                raise mx.StopTraining("no better than the median of the trials before")

        history = model.fit(
            mx.AdamW(lr=trial.suggest_float("lr", 1e-4, 1e-1, log=True), lr_scheduler="one_cycle"),
            train,
            known,
            eval_data=(test, wanted),
            n_epoch=options.epochs,
            initializer=mx.XavierInitializer(),
            callbacks=[mx.every_n_epoch(report, 1)],
            verbose=0,
        )
        if history.stopped is not None:
            raise optuna.TrialPruned(history.stopped)
        return history[-1]["validation_accuracy"]

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=options.seed),
        pruner=optuna.pruners.MedianPruner(n_warmup_steps=2),
    )
    study.optimize(objective, n_trials=options.trials)
    pruned = len(study.get_trials(states=[optuna.trial.TrialState.PRUNED]))
    print(f"{len(study.trials)} trials, {pruned} of them stopped early")
    print(f"Best: accuracy {study.best_value:.2%} with {study.best_params}")


def read_options() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description="Search a network and its training by Optuna.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--trials", type=int, default=30, help="how many settings are tried")
    parser.add_argument("--epochs", type=int, default=15, help="passes of each training")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random numbers")
    parser.add_argument("--smoke", action="store_true", help="three trials of two epochs")
    options = parser.parse_args()
    if options.smoke:
        options.trials, options.epochs = 3, 2
    return options


if __name__ == "__main__":
    main()
