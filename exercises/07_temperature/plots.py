# %% [after split] The readings, and which of them are kept back
import matplotlib.pyplot as plt
from grader.assignment.data import load_thermometer

t_u, t_c = load_thermometer()
halves = split(0.1 * t_u.unsqueeze(1), t_c.unsqueeze(1))

plt.figure(figsize=(6, 3))
plt.plot(10 * halves[0], halves[1], "o", label="to learn from")
plt.plot(10 * halves[2], halves[3], "s", label="to validate on")
plt.xlabel("old thermometer, unknown units")
plt.ylabel("°C")
plt.legend()
plt.show()

# %% [after training_loop] The two coldest readings kept back: one loss falls, the other rises again
import matplotlib.pyplot as plt
from grader.assignment.data import load_thermometer

t_u, t_c = load_thermometer()
columns = 0.1 * t_u.unsqueeze(1), t_c.unsqueeze(1)
cold = t_u < 34
apart = [column[keep] for keep in (~cold, cold) for column in columns]

guess = nn.Linear(1, 1)
descent = torch.optim.SGD(guess.parameters(), lr=1e-2)
history = training_loop(3000, descent, guess, nn.MSELoss(), *apart)

plt.figure(figsize=(6, 3))
plt.semilogy([pair[0] for pair in history], label="training loss")
plt.semilogy([pair[1] for pair in history], label="validation loss")
plt.xlabel("epoch")
plt.legend()
plt.show()

# %% [after make_model] The line and the network over the readings
import matplotlib.pyplot as plt

line = nn.Linear(1, 1)
descent = torch.optim.SGD(line.parameters(), lr=1e-2)
training_loop(3000, descent, line, nn.MSELoss(), *halves)

network = make_model()
descent = torch.optim.SGD(network.parameters(), lr=1e-3)
training_loop(5000, descent, network, nn.MSELoss(), *halves)

readings = torch.linspace(20, 85, 100).unsqueeze(1)
plt.figure(figsize=(6, 3))
plt.plot(10 * halves[0], halves[1], "o", label="to learn from")
plt.plot(10 * halves[2], halves[3], "s", label="to validate on")
plt.plot(readings, line(0.1 * readings).detach(), label="line")
plt.plot(readings, network(0.1 * readings).detach(), label="network")
plt.xlabel("old thermometer, unknown units")
plt.ylabel("°C")
plt.legend()
plt.show()
